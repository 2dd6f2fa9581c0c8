import { app } from '@azure/functions';

const note = (name, value) => {
  globalThis.fixture?.hooks.push(value === undefined ? name : `${name} ${value}`);
};

app.hook.appStart(() => note('appStart'));
app.hook.appTerminate(() => {
  note('appTerminate');
  process.stderr.write('terminate hook ran\n');
});
app.hook.preInvocation(context => note('before', context.invocationContext.functionName));
app.hook.postInvocation(context => note('after', context.error ? 'error' : 'success'));
