import { serve } from '../child/serve.ts'
import type { ToChild, ToParent } from '../frames/frame.ts'
import type { Box, BoxEnd, BoxFrame } from '../parent/box.ts'
import { contextEngine } from './context-engine.ts'

type Listener = Parameters<Box['listen']>[0]

/** A box in this process. Frames pass one per turn of the event loop, as through a pipe. */
export class InlineBox implements Box {
  readonly #handle: (frame: ToChild) => boolean
  #listener: Listener | undefined
  #outgoing: ToParent[] = []
  #ended: BoxEnd | undefined

  constructor(prelude: string, memoryMb: number) {
    const sink = {
      write: (frame: ToParent) => this.#outgoing.push(frame),
      writeLong: (text: string) => text,
      flush: () => {},
    }
    this.#handle = serve(sink, prelude, contextEngine, memoryMb)
  }

  send(frame: ToChild): void {
    setImmediate(() => {
      if (this.#ended !== undefined) return
      this.#handle(frame)
      for (const out of this.#outgoing.splice(0)) this.#pass(out as BoxFrame)
    })
  }

  get alive(): boolean {
    return this.#ended === undefined
  }

  listen(listener: Listener): void {
    this.#listener = listener
  }

  allow(): void {}

  /** Nobody can watch from outside what runs on this thread: only the evaluation's own timer acts. */
  watch(): void {}

  kill(end: BoxEnd): void {
    if (this.#ended !== undefined) return
    this.#ended = end
    this.#listener?.ended(end)
  }

  async close(): Promise<void> {
    this.#ended ??= { reason: 'canceled', message: 'closed' }
  }

  #pass(frame: BoxFrame): void {
    if (this.#ended !== undefined) return
    if (frame.type === 'stopped') this.kill({ reason: frame.reason, message: frame.message })
    else this.#listener?.frame(frame)
  }
}
