import {
  encodeValue,
  InputError,
  type Observation,
  SandboxError,
  type SandboxLimits,
  type Session,
  type StepHost,
  type StepRequest,
  type World,
} from '@bailiwick/core/contract/world'
import type { BundleCache } from '../modules/bundle-cache.ts'
import { checkImports } from '../modules/check-imports.ts'
import type { OpenWorld } from '../world/guest-world.ts'
import type { Box } from './box.ts'
import { BoxDied } from './box-died.ts'
import { observe } from './observe.ts'
import { type StepContext, StepRun } from './step-run.ts'
import { replayRequest, type StepRecord } from './world-record.ts'

/** Time for a child to come up and take its world, ms. */
const OPEN_MS = 20_000
/** A rebuilt world may need more than the first did. */
const REBUILD_MEMORY = 1.5
/** Children that die one after the other before the world counts as lost. */
const MOST_DEATHS = 3
const NAME = /^[A-Za-z_$][\w$]*$/

export interface SessionParts {
  world: World
  limits: SandboxLimits
  take(): Box
  modules: BundleCache
  /** Called once, when the session is closed. */
  left(): void
}

/** One task's world, rebuilt from its inputs when its process is gone. */
export class WorldSession implements Session {
  readonly #parts: SessionParts
  #open: OpenWorld | undefined
  readonly #steps: StepRecord[] = []
  #box: Box | undefined
  /** The same, from the moment it is started. */
  #current: Box | undefined
  #running = false
  #closed = false

  constructor(parts: SessionParts) {
    this.#parts = parts
  }

  /** Brings the first box up. @throws SandboxError; InputError for inputs that cannot be; DefinitionError for imports that are not installed */
  async start(): Promise<void> {
    const { imports, importsFrom } = this.#parts.world
    checkImports(imports, importsFrom ?? process.cwd())
    this.#open = openWorld(this.#parts.world, this.#parts.limits)
    this.#box = await this.#outliving(() => this.#openBox(this.#parts.limits.memoryMb))
  }

  async execute(request: StepRequest, host: StepHost): Promise<Observation> {
    if (this.#closed) throw new SandboxError('the session is closed')
    if (this.#running) throw new SandboxError('a step is already under way in this session: await it first')
    this.#running = true
    try {
      const result = await this.#outliving(async () => {
        const box = this.#box?.alive ? this.#box : await this.#rebuild()
        return new StepRun(this.#context(box), request, host).run()
      })
      this.#steps.push(result.record)
      if (result.undone !== undefined) await this.#drop()
      return await observe(result)
    } catch (error) {
      // Nothing goes on in a world that diverged or failed.
      await this.#drop()
      throw error
    } finally {
      this.#running = false
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    // Whoever waits for a step hears of it: a box that is merely closed tells nobody.
    if (this.#running) this.#current?.kill({ reason: 'canceled', message: 'the session was closed' })
    await this.#drop()
    this.#parts.left()
  }

  #context(box: Box): StepContext {
    const { limits, modules, world } = this.#parts
    const from = world.importsFrom ?? process.cwd()
    return { box, limits, bundles: (names) => modules.answer(names, world.imports, from) }
  }

  /** Tries again with another child where one died of nothing that was new. */
  async #outliving<T>(action: () => Promise<T>): Promise<T> {
    for (let deaths = 1; ; deaths++) {
      try {
        return await action()
      } catch (error) {
        await this.#drop()
        if (!(error instanceof BoxDied) || deaths === MOST_DEATHS || this.#closed) throw error
      }
    }
  }

  async #drop(): Promise<void> {
    const box = this.#box
    this.#box = undefined
    await box?.close()
  }

  /** The world again, from its own inputs: calling nobody. */
  async #rebuild(): Promise<Box> {
    await this.#drop()
    const box = await this.#openBox(this.#parts.limits.memoryMb * REBUILD_MEMORY)
    this.#box = box
    const host: StepHost = {
      signal: new AbortController().signal,
      now: () => 0,
      call: async ({ id }) => ({ id, ms: 0, ok: false, reason: 'canceled', message: 'replay' }),
    }
    for (const step of this.#steps) {
      await new StepRun(this.#context(box), replayRequest(step), host).run()
    }
    return box
  }

  async #openBox(memoryMb: number): Promise<Box> {
    if (this.#open === undefined) throw new SandboxError('the session was not started')
    const box = this.#parts.take()
    this.#current = box
    const opened = Promise.withResolvers<void>()
    box.listen({
      frame: (frame) => {
        if (frame.type === 'opened') opened.resolve()
        else if (frame.type !== 'ready')
          opened.reject(new SandboxError(`the sandbox's child sent ${frame.type} before it was open`))
      },
      ended: (end) =>
        opened.reject(new BoxDied(`a world could not be opened: ${end.reason}: ${end.message}`)),
    })
    box.watch({ wallMs: OPEN_MS, cpuMs: OPEN_MS, residentMb: this.#parts.limits.residentMb })
    const { argumentChars, answerChars } = this.#parts.limits
    box.allow(Math.max(argumentChars, answerChars))
    box.send({ type: 'open', world: this.#open, memoryMb: Math.floor(memoryMb) })
    try {
      await opened.promise
    } catch (error) {
      await box.close()
      throw error
    }
    box.watch(undefined)
    return box
  }
}

function openWorld({ inputs, functions, seed }: World, limits: SandboxLimits): OpenWorld {
  for (const name of [...Object.keys(inputs), ...functions.map((one) => one.name)]) {
    if (!NAME.test(name))
      throw new InputError(`an input or function must be named like a variable; "${name}" is not`)
  }
  return {
    inputs: Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name, encodeValue(value)])),
    functions: functions.map(({ name, input }) => ({
      name,
      required: textList(input.required),
      properties: Object.keys((input.properties as object | undefined) ?? {}),
    })),
    seed,
    clock: 0,
    limits: { ...limits },
  }
}

function textList(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []
}
