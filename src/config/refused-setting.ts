import { ConfigurationError } from '../identity/errors.ts';
import { type SettingName, settingTexts } from './setting-texts.ts';

/** Says what is wrong with an app setting, what it should hold, and gives an example; never the value. */
export function refused(name: SettingName, what: string): ConfigurationError {
  const { holds, example } = settingTexts[name];
  return new ConfigurationError(
    `The app setting ${name} ${what}. It should hold ${holds}. Example: ${name}=${example}`,
  );
}
