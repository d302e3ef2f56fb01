import {
  type Checkpoint,
  DivergedError,
  type Observation,
  SandboxError,
  type SandboxLimits,
  type Session,
  type StepHost,
  type StepRequest,
  type World,
} from '@bailiwick/contract/world'
import type { OpenWorld } from '../child/open-world.ts'
import type { BundleCache } from '../modules/bundle-cache.ts'
import { checkImports } from '../modules/check-imports.ts'
import { askCheckpoint } from './ask-checkpoint.ts'
import type { Box } from './box.ts'
import { BoxDied } from './box-died.ts'
import { openBox } from './box-exchange.ts'
import { observe } from './observe.ts'
import { fitsOf, openingWorld } from './opening-world.ts'
import { type StepContext, StepRun } from './step-run.ts'
import { replayRequest, type StepRecord } from './world-record.ts'

/** A rebuilt world may need more than the first did. */
const REBUILD_MEMORY = 1.5
/** Children that die one after the other before the world counts as lost. */
const MAX_DEATHS = 3

interface Restored {
  box: Box
  checkpoint: Checkpoint
}

export interface SessionParts {
  world: World
  limits: SandboxLimits
  take(): Box
  modules: BundleCache
  /** Digest of what makes worlds: a checkpoint of another one fits no more. */
  engine(): string
  /** Called once, when the session is closed. */
  left(): void
}

/** One task's world, rebuilt from its inputs when its process is gone. */
export class WorldSession implements Session {
  readonly #parts: SessionParts
  #open: OpenWorld | undefined
  readonly #steps: StepRecord[] = []
  /** What it was restored from, and the newest that it has made. */
  #checkpoints: Checkpoint[] = []
  /** Of the world after the last step. */
  #hash: string | undefined
  readonly restored: NonNullable<Session['restored']> = { refused: [] }
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
    const { world, limits } = this.#parts
    this.#open = openingWorld(world, limits)
    const restored = await this.#restore(this.#fitting(world.checkpoints ?? []), limits.memoryMb)
    if (restored !== undefined) {
      this.restored.step = restored.checkpoint.step
      this.#checkpoints = [restored.checkpoint]
    }
    this.#box = restored?.box ?? (await this.#outliving(() => this.#openBox(limits.memoryMb)))
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
      this.#hash = result.undone === undefined ? result.end?.hash : undefined
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

  async checkpoint(): Promise<Checkpoint | { refused: string }> {
    const box = this.#box
    const hash = this.#hash
    const step = this.#steps.at(-1)?.step
    if (this.#running || step === undefined || hash === undefined || !box?.alive) {
      return { refused: 'there is no world to write down' }
    }
    this.#running = true
    try {
      const answer = await askCheckpoint(box, this.#parts.limits.residentMb)
      if ('refused' in answer) return answer
      const checkpoint = { ...answer, step, fits: this.#fits(), worldHash: hash }
      this.#checkpoints = [...this.#checkpoints.slice(0, 1), checkpoint]
      return checkpoint
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

  #fits(): string {
    return fitsOf(this.#parts.engine(), this.#open)
  }

  #fitting(checkpoints: readonly Checkpoint[]): Checkpoint[] {
    const own = checkpoints.length > 0 ? this.#fits() : ''
    return checkpoints.filter(({ fits }) => fits === own)
  }

  #context(box: Box): StepContext {
    const { limits, modules, world } = this.#parts
    const from = world.importsFrom ?? process.cwd()
    return { box, limits, seed: world.seed, bundles: (names) => modules.answer(names, world.imports, from) }
  }

  /** Tries again with another child where one died of nothing that was new. */
  async #outliving<T>(action: () => Promise<T>): Promise<T> {
    for (let deaths = 1; ; deaths++) {
      try {
        return await action()
      } catch (error) {
        await this.#drop()
        if (!(error instanceof BoxDied) || deaths === MAX_DEATHS || this.#closed) throw error
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
    const memoryMb = this.#parts.limits.memoryMb * REBUILD_MEMORY
    const restored = await this.#restore(this.#checkpoints, memoryMb)
    if (restored === undefined && this.restored.step !== undefined) {
      throw new DivergedError(`the checkpoint after step ${this.restored.step} gives its world no more`)
    }
    const box = restored?.box ?? (await this.#openBox(memoryMb))
    this.#box = box
    const host: StepHost = {
      signal: new AbortController().signal,
      now: () => 0,
      call: async ({ id }) => ({ id, ms: 0, ok: false, reason: 'canceled', message: 'replay' }),
    }
    for (const step of this.#steps) {
      if (restored !== undefined && step.step <= restored.checkpoint.step) continue
      await new StepRun(this.#context(box), replayRequest(step), host).run()
    }
    return box
  }

  async #openBox(memoryMb: number, checkpoint?: Checkpoint): Promise<Box> {
    if (this.#open === undefined) throw new SandboxError('the session was not started')
    const box = this.#parts.take()
    this.#current = box
    const { residentMb } = this.#parts.limits
    const opening = { world: this.#open, residentMb, memoryMb }
    if (checkpoint === undefined) {
      await openBox(box, opening)
      return box
    }
    const hash = await openBox(box, { ...opening, checkpoint: checkpoint.text })
    if (hash !== checkpoint.worldHash) {
      await box.close()
      throw new SandboxError(`its world has the hash ${hash}, recorded is ${checkpoint.worldHash}`)
    }
    return box
  }

  /** The world of the newest checkpoint that gives it; none where there is no such one. */
  async #restore(checkpoints: readonly Checkpoint[], memoryMb: number): Promise<Restored | undefined> {
    for (const checkpoint of checkpoints.toSorted((one, other) => other.step - one.step)) {
      try {
        return { box: await this.#openBox(memoryMb, checkpoint), checkpoint }
      } catch (error) {
        if (!(error instanceof SandboxError) || this.#closed) throw error
        this.restored.refused.push({ step: checkpoint.step, why: error.message })
      }
    }
    return undefined
  }
}
