import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Model, type ModelRequest, NO_USAGE } from '@bailiwick/contract'
import { scriptedModel } from '@bailiwick/core/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { NOTHING_WASTED } from '../target/wasted-replies.ts'
import type { AttemptRecord } from './attempt-record.ts'
import { ExperimentLog } from './experiment-log.ts'
import { LineLog } from './line-log.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'eval-log-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

it('drops a line that was written in part, and goes on after the last whole one', async () => {
  const path = join(folder, 'a.jsonl')
  writeFileSync(path, `{"a":1}\n{"a":2,"text":"${'x'.repeat(70_000)}"}\n{"a":3,"tex`)
  using log = new LineLog(path)
  log.append({ a: 4 })
  const read: unknown[] = []
  for await (const line of log.read()) read.push((line as { a: number }).a)
  expect(read).toEqual([1, 2, 4])
})

describe('the log of an experiment', () => {
  const request = (text: string): ModelRequest => ({
    messages: [{ role: 'user', content: text }],
    purpose: 'act',
    lane: { agent: 'a', task: 't', step: 1 },
  })
  async function ask(model: Model, text: string): Promise<string | undefined> {
    for await (const event of model.generate(request(text), { signal: new AbortController().signal })) {
      if (event.type === 'reply') return event.reply.text
    }
    return undefined
  }

  it('asks for a reply once, also after the process died, and again for another attempt', async () => {
    const model = scriptedModel(['one', 'two', 'three', 'four'])
    {
      using log = await ExperimentLog.open(folder)
      const first = log.replies.modelOf(model, 'attempt 1')
      expect([await ask(first, 'q'), await ask(first, 'q')]).toEqual(['one', 'two'])
    }
    using log = await ExperimentLog.open(folder)
    const again = log.replies.modelOf(model, 'attempt 1')
    expect([await ask(again, 'q'), await ask(again, 'q')]).toEqual(['one', 'two'])
    expect(model.requests).toHaveLength(2)
    expect(await ask(again, 'q')).toBe('three')
    expect(await ask(log.replies.modelOf(model, 'attempt 2'), 'q')).toBe('four')
  })

  it('counts the records of an attempt, so that a retry asks for replies of its own', async () => {
    const record = {
      ...{
        v: 1,
        key: 'k',
        set: 's',
        setHash: 'h',
        case: 'c',
        caseHash: 'c',
        attempt: 1,
        target: 't',
        level: 3,
      },
      ...{ model: 'm', scorer: 1, outcome: 'target-error', usage: NO_USAGE, wasted: NOTHING_WASTED, ms: 1 },
      ...{ task: 'x', tags: [], at: 0 },
    } as const satisfies AttemptRecord
    const model = scriptedModel(['broken', 'again', 'third'])
    {
      using log = await ExperimentLog.open(folder)
      expect(await ask(log.replies.modelOf(model, log.tryOf('k')), 'q')).toBe('broken')
      log.append({ ...record, tags: [] })
      expect(await ask(log.replies.modelOf(model, log.tryOf('k')), 'q')).toBe('again')
    }
    using log = await ExperimentLog.open(folder)
    expect(log.tryOf('k')).toBe('k/1')
    expect(await ask(log.replies.modelOf(model, log.tryOf('k')), 'q')).toBe('again')
    expect(model.requests).toHaveLength(2)
  })

  it('belongs to one process at a time', async () => {
    writeFileSync(join(folder, '.lock'), String(process.ppid))
    await expect(ExperimentLog.open(folder)).rejects.toThrow(`process ${process.ppid}`)
    // No system gives out this id.
    writeFileSync(join(folder, '.lock'), '4194305')
    using log = await ExperimentLog.open(folder)
    expect(readFileSync(join(log.folder, '.lock'), 'utf8')).toBe(String(process.pid))
  })

  it('refuses a file of another kind', async () => {
    appendFileSync(join(folder, 'results.jsonl'), '{"some":"thing"}\n')
    await expect(ExperimentLog.open(folder)).rejects.toThrow('Choose another folder')
  })
})
