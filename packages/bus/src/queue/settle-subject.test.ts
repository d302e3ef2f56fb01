import { describe, expect, it } from 'vitest'
import { parseSettleSubject } from './settle-subject.ts'

describe('parseSettleSubject', () => {
  it('reads both forms of the subject', () => {
    const read = { agent: 'analyst', deliveries: 2, sequence: 41 }
    expect(parseSettleSubject('$JS.ACK.TASK.analyst.2.41.7.1700000000.0')).toEqual(read)
    expect(parseSettleSubject('$JS.ACK.hub.ABCDEF.TASK.analyst.2.41.7.1700000000.0.tok')).toEqual(read)
  })

  it.each([
    '$JS.ACK.JOURNAL.analyst.2.41.7.1.0',
    '$JS.ACK.TASK.analyst.x.41.7.1.0',
    'bailiwick.v1.run.submit',
    '',
  ])('rejects %s', (subject) => expect(parseSettleSubject(subject)).toBeUndefined())
})
