import { FencedError, JournalError } from '@bailiwick/contract'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { all, planned, startTestBus, type TestBus, take } from '../../test/test-bus.ts'
import { SUBJECTS } from '../protocol/subjects.ts'
import { followJournal } from './follow-journal.ts'
import { openJournal } from './open-journal.ts'

let test: TestBus
beforeAll(async () => {
  test = await startTestBus()
})
afterAll(() => test[Symbol.asyncDispose]())

describe('openJournal', () => {
  it('reads appended records in order', async () => {
    const address = { writer: 'a', run: 'r1', task: 'order' }
    const journal = openJournal(test.bus, address)
    await Promise.all([journal.append([planned('1'), planned('2')]), journal.append([planned('3')])])
    await journal.append([])
    const read = await all(openJournal(test.bus, address).read())
    expect(read).toEqual([planned('1'), planned('2'), planned('3')])
  })

  it('fences a writer that has not read a journal with records', async () => {
    const address = { writer: 'a', run: 'r1', task: 'unread' }
    await openJournal(test.bus, address).append([planned('1')])
    const second = openJournal(test.bus, address)
    await expect(second.append([planned('2')])).rejects.toBeInstanceOf(FencedError)
  })

  it('fences a writer after another has appended', async () => {
    const address = { writer: 'a', run: 'r1', task: 'fence' }
    const first = openJournal(test.bus, address)
    await first.append([planned('1')])
    const second = openJournal(test.bus, address)
    await all(second.read())
    await second.append([planned('taken over')])
    await expect(first.append([planned('2')])).rejects.toBeInstanceOf(FencedError)
    expect(await all(openJournal(test.bus, address).read())).toEqual([planned('1'), planned('taken over')])
  })

  it('stores records of any size, and checks them', async () => {
    const address = { writer: 'coordinator', run: 'r1', task: 'large' }
    const large = planned('x'.repeat(3_000_000))
    const journal = openJournal(test.bus, address)
    await journal.append([planned('small')])
    await journal.append([large])
    expect(await all(openJournal(test.bus, address).read())).toEqual([planned('small'), large])
    const [, second] = await take(followJournal(test.bus, { run: 'r1', task: 'large' }), 2)
    expect(second?.records).toEqual([large])
  })

  it('sets aside a message that is no append, and keeps its fence', async () => {
    const address = { writer: 'a', run: 'r1', task: 'poisoned' }
    const journal = openJournal(test.bus, address)
    await journal.append([planned('1')])
    const subject = SUBJECTS.journal(address.writer, address.run, address.task)
    await test.bus.js.publish(subject, '{"stream":"JOURNAL","seq":7}')
    await journal.append([planned('2')])
    expect(await all(openJournal(test.bus, address).read())).toEqual([planned('1'), planned('2')])
    const appends = await take(followJournal(test.bus, { run: 'r1', task: 'poisoned' }), 3)
    expect(appends[1]?.records).toEqual([])
    expect(appends[1]?.setAside[0]?.text).toContain('"seq":7')
  })

  it('sets aside records of a newer version, and appends nothing after them', async () => {
    const address = { writer: 'a', run: 'r1', task: 'newer' }
    const journal = openJournal(test.bus, address)
    await journal.append([planned('1')])
    const subject = SUBJECTS.journal(address.writer, address.run, address.task)
    await test.bus.js.publish(subject, '{"v":9,"log":[]}')
    await expect(journal.append([planned('2')])).rejects.toBeInstanceOf(FencedError)
    await expect(all(openJournal(test.bus, address).read())).rejects.toThrow(JournalError)
    const appends = await take(followJournal(test.bus, { run: 'r1', task: 'newer' }), 2)
    expect(appends[1]?.setAside[0]?.reason).toContain('found 9')
  })

  it('sets aside a record of an unknown type, and keeps its neighbours', async () => {
    const address = { writer: 'a', run: 'r1', task: 'unknown' }
    const subject = SUBJECTS.journal(address.writer, address.run, address.task)
    const records = [planned('1'), { type: 'task.forked', at: 1 }, planned('2')]
    await test.bus.js.publish(subject, JSON.stringify({ v: 1, records }))
    const [append] = await take(followJournal(test.bus, { run: 'r1', task: 'unknown' }), 1)
    expect(append?.records).toEqual([planned('1'), planned('2')])
    expect(append?.setAside).toMatchObject([{ index: 1, text: expect.stringContaining('task.forked') }])
  })

  it('sends one message for each append', async () => {
    const before = (await test.bus.jsm.streams.info('JOURNAL')).state.messages
    const journal = openJournal(test.bus, { writer: 'a', run: 'r1', task: 'cost' })
    for (let n = 0; n < 5; n++) await journal.append([planned(`${n}`), planned('and more')])
    expect((await test.bus.jsm.streams.info('JOURNAL')).state.messages - before).toBe(5)
  })
})
