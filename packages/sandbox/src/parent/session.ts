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
import type { OpenWorld } from '../frames/frame.ts'
import type { BundleCache } from '../modules/bundle-cache.ts'
import { checkImports } from '../modules/check-imports.ts'
import { type Box, BoxDied } from './box.ts'
import { askCheckpoint, openBox } from './box-exchange.ts'
import { notStarted, observe } from './observe.ts'
import { fitsOf, openingWorld } from './opening-world.ts'
import { type StepContext, StepRun } from './step-run.ts'
import { GRACE_MS } from './step-time.ts'
import { replayRequest, type StepRecord } from './world-record.ts'

/** A rebuilt world may need this many times the memory of the first. */
const REBUILD_MEMORY = 1.5
/** After this many children have died in a row, the world is lost. */
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
  /** Digest of everything that determines how a world runs. A checkpoint of another engine does not fit. */
  engine(): string
  /** Called once, when the session is closed. */
  left(): void
}

/**
 * Opens a world.
 *
 * @throws as {@link WorldSession.start}; the signal's reason when aborted
 */
export async function startSession(parts: SessionParts, signal?: AbortSignal): Promise<WorldSession> {
  const session = new WorldSession(parts)
  const stop = () => void session[Symbol.asyncDispose]()
  signal?.addEventListener('abort', stop, { once: true })
  try {
    await session.start()
    signal?.throwIfAborted()
    return session
  } catch (error) {
    await session[Symbol.asyncDispose]()
    throw signal?.aborted ? signal.reason : error
  } finally {
    signal?.removeEventListener('abort', stop)
  }
}

/** One task's world. If its process ends, the session rebuilds the world from its inputs. */
export class WorldSession implements Session {
  readonly #parts: SessionParts
  #open: OpenWorld | undefined
  readonly #steps: StepRecord[] = []
  /** The checkpoint that the world was restored from, and the newest that it wrote. */
  #checkpoints: Checkpoint[] = []
  /** The world's hash after the last step. */
  #hash: string | undefined
  readonly restored: NonNullable<Session['restored']> = { refused: [] }
  #box: Box | undefined
  /** The box, set before its world is open. */
  #current: Box | undefined
  /** Boxes that were told to end. */
  readonly #closing = new Set<Promise<void>>()
  #running = false
  #closed = false

  constructor(parts: SessionParts) {
    this.#parts = parts
  }

  /**
   * Opens the world in its first box.
   *
   * @throws SandboxError; InputError for invalid inputs; DefinitionError for imports that are not installed
   */
  async start(): Promise<void> {
    const { imports, importsFrom } = this.#parts.world
    checkImports(imports, importsFrom ?? process.cwd())
    const { world, limits } = this.#parts
    this.#open = await openingWorld(world, limits)
    const restored = await this.#restore(this.#fitting(world.checkpoints ?? []), limits.memoryMb)
    if (restored !== undefined) {
      this.restored.step = restored.checkpoint.step
      this.#checkpoints = [restored.checkpoint]
    }
    this.#box = restored?.box ?? (await this.#outliving(() => this.#openBox(limits.memoryMb)))
  }

  async execute(request: StepRequest, host: StepHost): Promise<Observation> {
    if (this.#closed) throw new SandboxError('The session is closed.')
    if (this.#running) throw new SandboxError('Another step of this session is running. Await it first.')
    const { signal } = host
    this.#running = true
    try {
      const result = await this.#outliving(async () => {
        const box = this.#box?.alive ? this.#box : await this.#rebuildUntil(signal)
        return new StepRun(this.#context(box), request, host).run()
      }, signal)
      this.#steps.push(result.record)
      this.#hash = result.voided === undefined ? result.end?.hash : undefined
      if (result.voided !== undefined) this.#drop()
      return observe(result)
    } catch (error) {
      // A world that diverged or failed must not go on.
      this.#drop()
      if (signal.aborted && error instanceof SandboxError && !(error instanceof DivergedError)) {
        return notStarted(String((signal.reason as Error | undefined)?.message ?? signal.reason))
      }
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
      return { refused: 'there is no world to write' }
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
    // Closing a box notifies nobody. Kill it, so that a running step, or an opening world, ends.
    this.#current?.kill({ reason: 'canceled', message: 'the session was closed' })
    this.#drop()
    await Promise.all(this.#closing)
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

  /** Retries with another child if one died without running new code. */
  async #outliving<T>(action: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    for (let deaths = 1; ; deaths++) {
      try {
        return await action()
      } catch (error) {
        this.#drop()
        if (!(error instanceof BoxDied) || deaths === MAX_DEATHS || this.#closed || signal?.aborted)
          throw error
      }
    }
  }

  /** Ends the box, if there is one. Nothing waits for its exit before the session is closed. */
  #drop(): void {
    const box = this.#box
    this.#box = undefined
    if (box === undefined) return
    const closing = box.close().finally(() => this.#closing.delete(closing))
    this.#closing.add(closing)
  }

  /** Rebuilds the world, but ends its box soon after an abort. */
  async #rebuildUntil(signal: AbortSignal): Promise<Box> {
    const kill = () => this.#current?.kill({ reason: 'canceled', message: 'the step was canceled' })
    let timer: NodeJS.Timeout | undefined
    const abort = () => {
      timer = setTimeout(kill, GRACE_MS)
    }
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
    try {
      return await this.#rebuild()
    } finally {
      signal.removeEventListener('abort', abort)
      clearTimeout(timer)
    }
  }

  /** Rebuilds the world from its recorded inputs, without making any calls. */
  async #rebuild(): Promise<Box> {
    this.#drop()
    const memoryMb = this.#parts.limits.memoryMb * REBUILD_MEMORY
    const restored = await this.#restore(this.#checkpoints, memoryMb)
    if (restored === undefined && this.restored.step !== undefined) {
      throw new DivergedError(`The checkpoint after step ${this.restored.step} no longer restores its world.`)
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
    if (this.#open === undefined) throw new SandboxError('The session was not started.')
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
      throw new SandboxError(`Expected a world with the hash ${checkpoint.worldHash}, found ${hash}.`)
    }
    return box
  }

  /** Restores the world of the newest checkpoint that works, if there is one. */
  async #restore(checkpoints: readonly Checkpoint[], memoryMb: number): Promise<Restored | undefined> {
    for (const checkpoint of checkpoints.toSorted((one, other) => other.step - one.step)) {
      try {
        return { box: await this.#openBox(memoryMb, checkpoint), checkpoint }
      } catch (error) {
        if (!(error instanceof SandboxError) || this.#closed) throw error
        this.restored.refused.push({ step: checkpoint.step, reason: error.message })
      }
    }
    return undefined
  }
}
