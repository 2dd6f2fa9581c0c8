import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Test files of one test each: their imports, and what the test does. */
const files = {
  tidy: {
    imports: `import { createServer } from 'node:http'; import { spawn } from 'node:child_process'; import { once } from 'node:events';`,
    body: `const server = createServer((_, response) => response.end('hello')).listen(0, '127.0.0.1');
      await once(server, 'listening');
      await (await fetch('http://127.0.0.1:' + server.address().port)).text();
      setTimeout(() => server.close(), 200);
      spawn(process.execPath, ['-e', 'setTimeout(() => {}, 200)']);
      process.stdout.write('');`,
  },
  server: {
    imports: `import { createServer } from 'node:http'; import { once } from 'node:events';`,
    body: `await once(createServer().listen(0, '127.0.0.1'), 'listening');`,
  },
  process: {
    imports: `import { spawn } from 'node:child_process';`,
    body: `const child = spawn(process.execPath, ['-e', 'process.stdin.resume()', 'the-forgotten-one']);
      process.once('exit', () => child.kill());`,
  },
  connection: {
    imports: `import { connect, createServer } from 'node:net'; import { once } from 'node:events';`,
    body: `const server = createServer().listen(0, '127.0.0.1');
      await once(server, 'listening');
      await once(connect(server.address().port, '127.0.0.1'), 'connect');
      server.close();`,
  },
  timer: { imports: '', body: 'setInterval(() => {}, 1_000);' },
};

describe('the leak check', () => {
  let folder: string;
  const messages = new Map<string, string>();

  beforeAll(async () => {
    // Inside the checkout, so that the files find vitest; its name keeps them out of every other run.
    folder = await mkdtemp(join(root, 'test', 'tooling', '.leaks-'));
    for (const [name, { imports, body }] of Object.entries(files)) {
      const text = `import { it } from 'vitest';\n${imports}\nit('works', async () => {\n${body}\n});\n`;
      await writeFile(join(folder, `${name}.leak.ts`), text);
    }
    const own = { root, globalSetup: [], include: [`${folder}/*.leak.ts`] };
    await writeFile(
      join(folder, 'vitest.config.ts'),
      `import shared from '../../../vitest.config.ts';
       const { projects, ...common } = shared.test;
       const { setupFiles } = projects[0].test;
       export default { ...shared, test: { ...common, setupFiles, ...${JSON.stringify(own)} } };`,
    );

    const report = join(folder, 'report.json');
    const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
    const config = join(folder, 'vitest.config.ts');
    await new Promise(resolve =>
      execFile(
        process.execPath,
        [vitest, 'run', '--config', config, '--reporter=json', `--outputFile=${report}`],
        resolve,
      ),
    );
    const { testResults } = JSON.parse(await readFile(report, 'utf8')) as {
      testResults: { name: string; status: string; message: string }[];
    };
    for (const { name, status, message } of testResults) {
      messages.set(name.replace(/^.*[/](.*)[.]leak[.]ts$/, '$1'), status === 'passed' ? 'passed' : message);
    }
  });

  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('lets a file pass that closes what it opened, also when closing takes a moment', () => {
    expect(messages.get('tidy')).toBe('passed');
  });

  it('fails a file that leaves a server listening, and tells its address', () => {
    expect(messages.get('server')).toMatch(/server listening on 127\.0\.0\.1:\d+/);
  });

  it('fails a file that leaves a child process, and tells its command line', () => {
    expect(messages.get('process')).toMatch(/child process \d+: .*the-forgotten-one/);
  });

  it('fails a file that leaves a connection open, and tells where to', () => {
    expect(messages.get('connection')).toMatch(/connection \d+ -> 127\.0\.0\.1:\d+/);
  });

  it('fails a file that leaves a timer running', () => {
    expect(messages.get('timer')).toContain('Timeout');
  });
});
