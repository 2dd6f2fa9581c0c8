import { randomBytes, randomUUID } from 'node:crypto';
import { provideCoreModule } from './core-module.ts';
import type {
  CoreInvocationContext,
  FunctionCallback,
  FunctionMetadata,
  HookCallback,
  HookName,
  InvocationRequest,
  InvocationResponse,
  LogCategory,
  LogLevel,
  ProgrammingModel,
  TypedData,
} from './core-types.ts';
import { EntryPointError, importEntryPoints } from './entry-points.ts';
import type { HostLog } from './log.ts';

/** What the Node.js worker says about itself. Source: azure-functions-nodejs-worker, getWorkerCapabilities. */
const CAPABILITIES: Readonly<Record<string, string>> = {
  RawHttpBodyBytes: 'true',
  RpcHttpTriggerMetadataRemoved: 'true',
  RpcHttpBodyOnly: 'true',
  IgnoreEmptyValuedRpcHttpHeaders: 'true',
  UseNullableValueDictionaryForHttp: 'true',
  WorkerStatus: 'true',
  TypedDataCollection: 'true',
  HandlesWorkerTerminateMessage: 'true',
};

/** One function of the app, as it registered itself. */
export interface RegisteredFunction {
  readonly name: string;
  readonly metadata: FunctionMetadata;
  readonly callback: FunctionCallback;
}

/** The call of a trigger: input data by binding name. */
export interface TriggerCall {
  inputs: Record<string, TypedData>;
  triggerMetadata?: Record<string, TypedData>;
  traceParent?: string;
}

/** The language worker: loads the app, runs its hooks, invokes its functions. */
export class Worker {
  readonly functions = new Map<string, RegisteredFunction>();
  readonly #hooks = new Map<HookName, HookCallback[]>();
  readonly #log: HostLog;
  readonly #appHookData: Record<string, unknown> = {};
  readonly #appLevelData: Record<string, unknown> = {};
  #model: ProgrammingModel | undefined;
  #loaded = false;
  #inLogHook = false;

  constructor(log: HostLog) {
    this.#log = log;
  }

  /**
   * Imports the entry files, runs the `appStart` hooks and asks the library for its capabilities.
   *
   * @param entry glob relative to `appRoot`; default: `main` of its package.json.
   * @throws EntryPointError with the cause, when there is no file or one of them throws; an error when the app asks for
   * HTTP streams.
   */
  async load(appRoot: string, entry?: string): Promise<void> {
    this.#model = provideCoreModule({
      registerFunction: (metadata, callback) => this.#register(metadata, callback),
      registerHook: (name, callback) => this.#addHook(name, callback),
      setProgrammingModel: model => {
        this.#model = model;
      },
      log: (level, category, message) => this.#write('host', level, category, message),
    });
    const pattern = await importEntryPoints(appRoot, entry);
    await this.#runHooks(
      'appStart',
      this.#hookContext(this.#appLevelData, { functionAppDirectory: appRoot }),
    );
    if (this.#model === undefined) {
      throw new EntryPointError(
        `Worker was unable to load entry point "${pattern}": no function was registered`,
      );
    }
    const capabilities = await this.#model.getCapabilities?.({ ...CAPABILITIES });
    if (capabilities?.HttpUri)
      throw new Error('app.setup({ enableHttpStream }) is not imitated by the local host');
    this.#loaded = true;
  }

  /** Runs the `appTerminate` hooks of an app that was loaded. */
  async terminate(): Promise<void> {
    if (!this.#loaded) return;
    await this.#runHooks('appTerminate', this.#hookContext(this.#appLevelData));
  }

  /** Gives the module `@azure/functions-core` up, for the next host of this process. */
  unload(): void {
    provideCoreModule(undefined);
  }

  /**
   * Invokes a function once. The steps and their order are those of the worker's InvocationHandler.
   *
   * @throws what the function, a hook or the conversion of its result threw.
   */
  async invoke(called: RegisteredFunction, call: TriggerCall): Promise<InvocationResponse> {
    const model = this.#model;
    if (model === undefined) throw new Error('the app is not loaded');
    const context = this.#coreContext(called, call);
    const invocation = model.getInvocationModel(context);
    const { context: userContext, inputs } = await invocation.getArguments();

    const hookData = {};
    const invocationContext = userContext;
    const before = this.#hookContext(hookData, {
      invocationContext,
      functionCallback: called.callback,
      inputs,
    });
    await this.#runInState(context, 'preInvocationHooks', () => this.#runHooks('preInvocation', before));

    const after = this.#hookContext(hookData, {
      invocationContext,
      inputs: before.inputs,
      result: null,
      error: null,
    });
    await this.#runInState(context, 'invocation', async () => {
      try {
        const callback = before.functionCallback as FunctionCallback;
        after.result = await invocation.invokeFunction(userContext, before.inputs as unknown[], callback);
      } catch (error) {
        after.error = error;
      }
    });
    await this.#runInState(context, 'postInvocationHooks', () => this.#runHooks('postInvocation', after));

    if (after.error !== null && after.error !== undefined) throw after.error;
    return invocation.getResponse(userContext, after.result);
  }

  #register(metadata: FunctionMetadata, callback: FunctionCallback): void {
    if (this.#loaded) throw new Error('A function can only be registered during app startup.');
    const { name } = metadata;
    if (this.functions.has(name))
      throw new Error(`A function with name "${name}" has already been registered.`);
    this.functions.set(name, { name, metadata: { ...metadata, functionId: randomUUID() }, callback });
  }

  #addHook(name: HookName, callback: HookCallback): () => void {
    const hooks = this.#hooks.get(name) ?? [];
    this.#hooks.set(name, hooks);
    hooks.push(callback);
    return () => {
      const position = hooks.indexOf(callback);
      if (position >= 0) hooks.splice(position, 1);
    };
  }

  #coreContext(called: RegisteredFunction, call: TriggerCall): CoreInvocationContext {
    const invocationId = randomUUID();
    const request: InvocationRequest = {
      invocationId,
      functionId: called.metadata.functionId ?? called.name,
      inputData: Object.entries(call.inputs).map(([name, data]) => ({ name, data })),
      triggerMetadata: call.triggerMetadata ?? {},
      traceContext: { traceParent: call.traceParent ?? newTraceParent(), traceState: '', attributes: {} },
    };
    return {
      invocationId,
      request,
      metadata: called.metadata,
      log: (level, category, message) => this.#write(called.name, level, category, message),
    };
  }

  async #runInState(
    context: CoreInvocationContext,
    state: CoreInvocationContext['state'],
    run: () => Promise<void>,
  ): Promise<void> {
    context.state = state;
    try {
      await run();
    } finally {
      context.state = undefined;
    }
  }

  async #runHooks(name: HookName, context: Record<string, unknown>): Promise<void> {
    for (const hook of [...(this.#hooks.get(name) ?? [])]) await hook(context);
  }

  #hookContext(
    hookData: Record<string, unknown>,
    rest: Record<string, unknown> = {},
  ): Record<string, unknown> {
    const context = { ...rest };
    for (const [key, value] of [
      ['hookData', hookData],
      ['appHookData', this.#appHookData],
    ] as const) {
      Object.defineProperty(context, key, {
        enumerable: true,
        get: () => value,
        set() {
          throw new Error(`Cannot assign to read only property '${key}'`);
        },
      });
    }
    return context;
  }

  #write(subject: string, level: LogLevel, category: LogCategory, message: string): void {
    const line = this.#hookContext({}, { level, category, message });
    if (!this.#inLogHook) {
      this.#inLogHook = true;
      try {
        for (const hook of this.#hooks.get('log') ?? []) hook(line);
      } finally {
        this.#inLogHook = false;
      }
    }
    const by = category === 'user' ? 'user' : 'system';
    this.#log[by](subject, line.level as LogLevel, String(line.message));
  }
}

function newTraceParent(): string {
  return `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-01`;
}
