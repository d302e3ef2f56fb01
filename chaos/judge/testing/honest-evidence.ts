import { type EventMessage, type Evidence, type JournalRecord, journalEntries } from '../evidence.ts'

export const RUN = 'bailiwick.v1.journal.coordinator.r1.run'
export const T1 = 'bailiwick.v1.journal.worker.r1.r1-t1'
const T2 = 'bailiwick.v1.journal.worker.r1.r1-t2'

/** The records of a task with one call whose first host died before the outcome. */
function taskRecords(task: string): Omit<JournalRecord, 'at'>[][] {
  const call = { step: 1, call: '1.1', name: 'mark', effect: 'once', key: `${task}/1.1` }
  const look = { ...call, call: '1.2', name: 'look', effect: 'none', key: `${task}/1.2` }
  return [
    [{ type: 'task.created' }],
    [{ type: 'task.started', attempt: 1 }],
    [{ type: 'step.replied', step: 1 }],
    [{ type: 'step.started', step: 1 }],
    [
      { type: 'turn.committed', step: 1, turn: 0, calls: [{ id: '1.1' }, { id: '1.2' }] },
      { type: 'call.started', ...call },
      { type: 'call.started', ...look },
    ],
    [{ type: 'task.started', attempt: 2 }],
    [{ type: 'call.ended', step: 1, call: '1.1', ok: true }],
    [{ type: 'call.ended', step: 1, call: '1.2', ok: true }],
    [
      { type: 'turn.committed', step: 1, turn: 1, calls: [] },
      { type: 'step.ended', step: 1 },
      { type: 'task.ended', status: 'completed' },
    ],
  ]
}

/** The evidence of a run with two tasks, one after the other, without any violation. */
export function honest(): Evidence {
  const out = (name: string) => [{ type: 'task.dispatched', name, task: `r1-${name}`, attempt: 1 }]
  const back = (name: string) => [{ type: 'task.returned', name, task: `r1-${name}`, status: 'completed' }]
  const tasks = [
    { name: 't1', after: [] },
    { name: 't2', after: ['t1'] },
  ]
  const appends: [string, Omit<JournalRecord, 'at'>[]][] = [
    [RUN, [{ type: 'run.submitted', owner: 'user' }]],
    [RUN, [{ type: 'run.planned', tasks }]],
    [RUN, out('t1')],
    ...taskRecords('r1-t1').map((records): [string, typeof records] => [T1, records]),
    [RUN, back('t1')],
    [RUN, out('t2')],
    ...taskRecords('r1-t2').map((records): [string, typeof records] => [T2, records]),
    [RUN, back('t2')],
    [RUN, [{ type: 'run.ended', status: 'completed', answer: 34 }]],
  ]
  const journal = appends.map(([subject, records], index) => ({
    sequence: index + 1,
    subject,
    storedAt: 1_000 * (index + 1),
    records: records.map((record) => ({ ...record, at: 1_000 * (index + 1) }) as JournalRecord),
  }))
  const effects = ['r1-t1', 'r1-t2'].map((task) => ({ name: 'mark', key: `${task}/1.1`, run: 'r1', task }))
  const queue = { messages: 0, consumers: [{ name: 'worker', pending: 0, unacknowledged: 0 }] }
  const replaced = {
    type: 'io.nats.jetstream.advisory.v1.terminated',
    reason: 'Unacknowledged message was deleted',
  }
  return { journal, events: project(journal), queue, dead: [JSON.stringify(replaced)], effects }
}

function project(journal: Evidence['journal']): EventMessage[] {
  const shown = journalEntries(journal).filter(
    ({ record: { type, effect } }) =>
      type !== 'turn.committed' && !(type === 'call.started' && effect === 'none'),
  )
  return shown.map(({ id, run, task, record }, index) => {
    const name = record.type
    const about = name === 'task.dispatched' || name === 'task.returned' ? String(record.task) : task
    const time = new Date(record.at).toISOString()
    return {
      sequence: index + 1,
      subject: `bailiwick.v1.event.${name}.user.${run}`,
      messageId: id,
      event: { id, time, type: `dev.bailiwick.${name}.v1`, run, task: about, data: {} },
    }
  })
}

/** Finds the first record of a type. */
function find(evidence: Evidence, subject: string, type: string): { message: number; record: number } {
  for (const [message, { subject: own, records = [] }] of evidence.journal.entries()) {
    const record = records.findIndex((one) => one.type === type)
    if (own === subject && record >= 0) return { message, record }
  }
  throw new Error(`no ${type} in ${subject}`)
}

/** Changes one record. */
export function change(evidence: Evidence, subject: string, type: string, fields: object): void {
  const { message, record } = find(evidence, subject, type)
  Object.assign(evidence.journal[message]?.records?.[record] ?? {}, fields)
}

/** Removes one record and its event. The journal's messages keep their numbers, without a gap. */
export function remove(evidence: Evidence, subject: string, type: string): void {
  const { message, record } = find(evidence, subject, type)
  evidence.journal[message]?.records?.splice(record, 1)
  evidence.events = project(evidence.journal)
}

/** Inserts a record and its event after the first record of a type. */
export function add(
  evidence: Evidence,
  subject: string,
  type: string,
  record: Omit<JournalRecord, 'at'>,
): void {
  const found = find(evidence, subject, type)
  const records = evidence.journal[found.message]?.records
  records?.splice(found.record + 1, 0, { ...record, at: records[found.record]?.at ?? 0 } as JournalRecord)
  evidence.events = project(evidence.journal)
}
