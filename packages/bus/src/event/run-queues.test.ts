import { describe, expect, it } from 'vitest'
import { RunQueues, type WaitingMessage } from './run-queues.ts'

function message(sequence: number, text = 'x'): WaitingMessage {
  return { sequence, writer: 'a', task: 't', text, storedAt: 0 }
}

/** Takes a turn of up to `count` messages. @returns the run and the sequences */
function turn(queues: RunQueues, count: number): [run: string, ...sequences: number[]] | undefined {
  const queue = queues.next()
  if (queue === undefined) return undefined
  const taken: number[] = []
  while (taken.length < count) {
    const next = queues.shift(queue)?.sequence
    if (next !== undefined) taken.push(next)
    else if (taken.length > 0) break
    else taken.push(...queues.missing(queue, count))
  }
  queues.finish(queue)
  return [queue.run, ...taken]
}

describe('the queues of runs', () => {
  it('take turns, however many messages a run has', () => {
    const queues = new RunQueues(0, 1_000)
    for (let n = 1; n <= 6; n++) queues.add('large', message(n))
    queues.add('small', message(7))
    expect([1, 2, 3, 4].map(() => turn(queues, 2))).toEqual([
      ['large', 1, 2],
      ['small', 7],
      ['large', 3, 4],
      ['large', 5, 6],
    ])
    expect(turn(queues, 2)).toBeUndefined()
    expect(queues.length).toBe(0)
  })

  it('know up to which message everything is done', () => {
    const queues = new RunQueues(4, 1_000)
    for (const [sequence, run] of [
      [5, 'a'],
      [6, 'b'],
      [7, 'a'],
    ] as const) {
      queues.add(run, message(sequence))
      queues.last = sequence
    }
    expect(queues.position).toBe(4)
    const a = queues.next()
    if (a !== undefined) queues.shift(a)
    expect(queues.position).toBe(4)
    if (a !== undefined) queues.finish(a)
    expect(queues.position).toBe(5)
    turn(queues, 1)
    expect(queues.position).toBe(6)
    turn(queues, 1)
    expect(queues.position).toBe(7)
  })

  it('keep the sequences of the longest queue if there is no room for its texts', () => {
    const queues = new RunQueues(0, 100_000)
    const text = 'x'.repeat(100)
    for (let n = 1; n <= 3_000; n++) queues.add('large', message(n, text))
    queues.add('small', message(3_001, text))
    expect(queues.bytes).toBeLessThanOrEqual(100_000)
    expect(queues.length).toBe(3_001)
    const taken: number[] = []
    let smalls = 0
    for (let next = turn(queues, 50); next !== undefined; next = turn(queues, 50)) {
      const [run, ...sequences] = next
      if (run === 'large') taken.push(...sequences)
      else smalls += sequences.length
    }
    expect(taken).toEqual(Array.from({ length: 3_000 }, (_, n) => n + 1))
    expect(smalls).toBe(1)
    expect([queues.bytes, queues.length]).toEqual([0, 0])
  })

  it('keep the order of messages that come while others are without their texts', () => {
    const queues = new RunQueues(0, 1_000)
    for (let n = 1; n <= 600; n++) queues.add('large', message(n, 'x'.repeat(10)))
    const taken: number[] = []
    for (let more = 601; more <= 900; more += 1) {
      queues.add('large', message(more, 'x'.repeat(10)))
      const [, ...sequences] = turn(queues, 3) ?? []
      taken.push(...sequences)
    }
    for (let next = turn(queues, 3); next !== undefined; next = turn(queues, 3)) {
      const [, ...sequences] = next
      taken.push(...sequences)
    }
    expect(taken).toEqual(Array.from({ length: 900 }, (_, n) => n + 1))
  })
})
