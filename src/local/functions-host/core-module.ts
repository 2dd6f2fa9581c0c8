import Module from 'node:module';
import type {
  FunctionCallback,
  FunctionMetadata,
  HookCallback,
  HookName,
  LogCategory,
  LogLevel,
  ProgrammingModel,
} from './core-types.ts';

/** What the app registers while its entry files are imported. */
export interface AppRegistrations {
  registerFunction(metadata: FunctionMetadata, callback: FunctionCallback): void;
  registerHook(name: HookName, callback: HookCallback): () => void;
  setProgrammingModel(model: ProgrammingModel): void;
  log(level: LogLevel, category: LogCategory, message: string): void;
}

class Disposable {
  readonly #dispose: () => unknown;
  constructor(dispose: () => unknown) {
    this.#dispose = dispose;
  }
  static from(...parts: { dispose(): unknown }[]): Disposable {
    return new Disposable(() => {
      for (const part of parts) part.dispose();
    });
  }
  dispose(): unknown {
    return this.#dispose();
  }
}

/** The library asks once and keeps the module, so there is one per process that points at the app of the moment. */
let app: AppRegistrations | undefined;
let model: ProgrammingModel | undefined;

function current(): AppRegistrations {
  if (app === undefined) throw new Error('@azure/functions was used while no functions host is running');
  return app;
}

const coreModule = {
  version: '3.12.0',
  hostVersion: '4.1042.100',
  Disposable,
  registerFunction(metadata: FunctionMetadata, callback: FunctionCallback): Disposable {
    current().registerFunction(metadata, callback);
    return new Disposable(() => {
      throw new Error('A function can not be unregistered after the start of the app.');
    });
  },
  registerHook(name: HookName, callback: HookCallback): Disposable {
    return new Disposable(current().registerHook(name, callback));
  },
  setProgrammingModel(registered: ProgrammingModel): void {
    model = registered;
    current().setProgrammingModel(registered);
  },
  getProgrammingModel: () => model,
  log(level: LogLevel, category: LogCategory, message: string): void {
    current().log(level, category, message);
  },
};

type Require = (this: unknown, request: string) => unknown;
let patched = false;

/**
 * Makes `require('@azure/functions-core')` answer with the host's module, in favour of `registrations` from now on.
 * `undefined` ends that: what is registered later throws. Source of the way: azure-functions-nodejs-worker,
 * setupCoreModule.
 *
 * @returns the programming model that an earlier app of this process registered: the library does that only once.
 */
export function provideCoreModule(registrations: AppRegistrations | undefined): ProgrammingModel | undefined {
  app = registrations;
  if (!patched) {
    patched = true;
    // As the worker does it: what a bundle does to `require` must leave this door open.
    const { prototype } = Module as unknown as { prototype: { require: Require } };
    const original = prototype.require;
    prototype.require = function (request) {
      return request === '@azure/functions-core' ? coreModule : original.call(this, request);
    };
  }
  return model;
}
