import { app } from '@azure/functions';
import { compose } from './app.ts';
import { readSettings } from './config/settings.ts';
import { consoleLogger, describeError } from './identity/logger.ts';

/**
 * The one instance of everything in this process. Bad settings throw here, at import, so that the host refuses to
 * start with the message that names the setting.
 */
export const provisioning = compose(readSettings(process.env), consoleLogger);

// Connections and tokens are opened before the first request, which may have three seconds in all.
app.hook.appStart(async () => {
  await provisioning.ready().catch((error: unknown) => {
    consoleLogger.warn('not-ready-yet', { error: describeError(error) });
  });
});

app.hook.appTerminate(async () => {
  await provisioning.stop();
});
