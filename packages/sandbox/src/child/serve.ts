import { MAX_TEXT_CHARS, type OpenWorld, type StepEnd, type ToChild } from '../frames/frame.ts'
import type { FramePipe } from './frame-pipe.ts'
import { GuestWorld } from './guest-world.ts'
import { type Engine, GuestStopped } from './isolate-engine.ts'
import { OutgoingCalls, Printer } from './outgoing.ts'
import { takeCheckpoint } from './take-checkpoint.ts'

/** For turns shorter than this, wall time stands for CPU time, ms. */
const SHORT_MS = 1

/** Frames that only make sense within a step. */
const AFTER_START = new Set<ToChild['type']>(['modules', 'outcome', 'cancel', 'end'])

/** Time limit for work that is not the step's own, such as opening a world, ms. */
const OWN_MS = 10_000

/**
 * Serves one session.
 *
 * @returns a function that takes one frame, runs the guest until it is idle and sends frames. It returns false once
 *   the world has ended.
 */
export function serve(
  pipe: FramePipe,
  prelude: string,
  makeEngine: (memoryMb: number) => Engine,
  memoryMb: number,
): (frame: ToChild) => boolean {
  const printer = new Printer(pipe)
  const calls = new OutgoingCalls(pipe)
  const door = {
    print: (line: string) => printer.print(line),
    refused: (name: string, message: string) => {
      pipe.write({ type: 'refused', name: name.slice(0, 200), message: message.slice(0, MAX_TEXT_CHARS) })
    },
    call: (id: string, name: string, args: string) => calls.add(id, name, args),
  }
  const start = (megabytes: number) => {
    const made = new GuestWorld(makeEngine(megabytes), prelude, door)
    made.warmUp()
    return made
  }
  // Start before the first frame, so that a warm child has its isolate and prelude ready.
  let world = start(memoryMb)
  let opened: OpenWorld | undefined
  /** Inputs may still arrive after their step has ended. They have no effect, live and in replay. */
  let running = false
  pipe.write({ type: 'ready' })

  const writeEnd = (end: StepEnd): StepEnd => {
    running = false
    printer.flush()
    return end.final === undefined ? end : { ...end, final: pipe.writeLong(end.final) }
  }
  let cpu = process.cpuUsage()
  let shortMs = 0
  /** CPU time since the last call, without the short turns in between. */
  const cpuSinceLast = () => {
    const used = process.cpuUsage(cpu)
    const ms = Math.max(0, (used.user + used.system) / 1_000 - shortMs)
    cpu = process.cpuUsage()
    shortMs = 0
    return ms
  }
  const turn = (run: () => StepEnd | undefined) => {
    const began = performance.now()
    const end = run()
    const wallMs = performance.now() - began
    // Asking the system takes a tenth of a short turn, whose wall and CPU time are equal.
    const cpuMs = wallMs < SHORT_MS ? wallMs : Math.min(wallMs, cpuSinceLast())
    if (wallMs < SHORT_MS) shortMs += wallMs
    printer.flush()
    if (end === undefined) return pipe.write({ type: 'turn', cpuMs, wallMs, calls: calls.take() })
    calls.flush()
    pipe.write({ type: 'turn', cpuMs, wallMs, calls: [], end: writeEnd(end) })
  }

  const handle = (frame: ToChild) => {
    if (!running && AFTER_START.has(frame.type)) return
    switch (frame.type) {
      case 'open':
        if (frame.memoryMb !== memoryMb) {
          world.dispose()
          world = start(frame.memoryMb)
        }
        opened = { ...frame.world, inputs: {} }
        if (frame.checkpoint !== undefined) {
          return pipe.write({ type: 'opened', hash: world.restore(opened, frame.checkpoint, OWN_MS) })
        }
        world.open(frame.world, OWN_MS)
        return pipe.write({ type: 'opened' })
      case 'step': {
        running = true
        const prepared = world.prepare(frame, OWN_MS)
        if ('end' in prepared) return turn(() => prepared.end)
        if (prepared.needs.length > 0) return pipe.write({ type: 'need', names: prepared.needs })
        return turn(() => world.run(frame.budgetMs))
      }
      case 'modules':
        return turn(() => {
          world.addModules(frame.modules, frame.budgetMs)
          return world.run(frame.budgetMs)
        })
      case 'outcome':
        return turn(() => world.deliver(frame, frame.clock, frame.budgetMs))
      case 'cancel':
        return turn(() => world.cancel(frame.reason, frame.clock, frame.budgetMs))
      case 'checkpoint': {
        const made = takeCheckpoint(world, () => start(memoryMb), opened, OWN_MS)
        return pipe.write({ ...made, type: 'checkpoint', text: pipe.writeLong(made.text) })
      }
      case 'end':
        return pipe.write({ type: 'ended', end: writeEnd(world.end(OWN_MS)) })
    }
  }

  return (frame) => {
    try {
      handle(frame)
      return true
    } catch (error) {
      printer.flush()
      const { reason, message } =
        error instanceof GuestStopped ? error : { reason: 'crashed' as const, message: String(error) }
      // The parent kills this process, because the effects of the turn must not remain.
      pipe.write({ type: 'stopped', reason, message: message.slice(0, 500) })
      return false
    }
  }
}
