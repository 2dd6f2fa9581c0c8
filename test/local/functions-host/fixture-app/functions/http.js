import { app } from '@azure/functions';

app.http('echo', {
  methods: ['POST', 'GET'],
  authLevel: 'anonymous',
  route: 'items/{id}/{part?}',
  handler: async (request, context) => {
    context.log('echo', { lines: 'one\ntwo' });
    context.debug('not shown at level Information');
    return {
      status: 201,
      headers: { 'x-echo': request.headers.get('x-asked') ?? 'none' },
      cookies: [{ name: 'taste', value: 'sweet & sour', httpOnly: true }],
      jsonBody: {
        method: request.method,
        url: request.url,
        params: request.params,
        query: Object.fromEntries(request.query),
        body: await request.text(),
        argv: process.argv,
        metadata: context.triggerMetadata ?? null,
      },
    };
  },
});

app.http('keyed', { methods: ['GET'], authLevel: 'function', handler: () => ({ body: 'open' }) });
app.http('silent', { methods: ['GET'], authLevel: 'anonymous', handler: () => undefined });
app.http('failing', {
  methods: ['GET'],
  authLevel: 'anonymous',
  handler: () => {
    throw new Error('secret of the function');
  },
});
app.http('waiting', {
  methods: ['GET'],
  authLevel: 'anonymous',
  handler: async () => {
    process.send?.({ type: 'waiting' });
    await globalThis.fixture?.gate;
    await new Promise(resolve => setTimeout(resolve, Number(process.env.FIXTURE_WAIT ?? 0)));
    return { body: 'done' };
  },
});
