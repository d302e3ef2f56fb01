import type { JournalRecord } from '@bailiwick/contract'
import { describe, expect, it } from 'vitest'
import { eventName } from './cloud-event.ts'
import { projectEvents } from './project-events.ts'

const call = { at: 1, step: 1, turn: 0, arguments: '{}', key: 'k' }
const RECORDS: JournalRecord[] = [
  { type: 'turn.committed', at: 1, step: 1, turn: 0, calls: [], done: false, cpuMs: 1 },
  { type: 'call.started', ...call, call: '1.1', name: 'look', effect: 'none' },
  { type: 'call.started', ...call, call: '1.2', name: 'note', effect: 'idempotent' },
  { type: 'call.started', ...call, call: '1.3', name: 'send', effect: 'once' },
  { type: 'call.ended', at: 1, step: 1, call: '1.1', ok: true, ms: 1, clock: 1 },
]

describe('projectEvents', () => {
  const append = { writer: 'a', run: 'r', task: 't', sequence: 7, records: RECORDS }

  it('leaves out turns and the starts of calls that change nothing, and numbers events by their records', () => {
    const setAside = [{ reason: 'x', text: 'y' }]
    const events = projectEvents({ ...append, setAside, storedAt: 2 }, { owner: 'user' })
    expect(events.map(({ id, event }) => [id, eventName(event.type), event.data.call])).toEqual([
      ['7.2', 'call.started', '1.2'],
      ['7.3', 'call.started', '1.3'],
      ['7.4', 'call.ended', '1.1'],
      ['7.5', 'journal.unreadable', undefined],
    ])
  })
})
