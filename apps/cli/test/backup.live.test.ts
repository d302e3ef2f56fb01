import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Bus, type CloudEvent, eventName, followEvents, requestRun } from '@bailiwick/bus'
import { untilNoneSurvive } from '@bailiwick/coordinator/testing/survivors'
import { describe, expect, it } from 'vitest'
import './program.ts'
import { eventsUntil, final, type Script, type TeamFolder, teamFolder } from './team-folder.ts'

const AGENTS = [
  { name: 'worker', level: 5 },
  { name: 'asker', level: 5, tools: ['listFiles'], approval: 'always' },
]

/** A team whose worker waits for a file of this name before its second reply. */
async function team(): Promise<TeamFolder> {
  const place = await teamFolder({}, { agents: AGENTS })
  const replies: Script = {
    worker: {
      t1: [
        '<code>\nvar kept = 20\nconsole.log(kept)\n</code>',
        { text: final('kept + 1'), untilFile: join(place.folder, 'go') },
      ],
    },
    asker: { t1: ['<code>\nvar files = await listFiles({})\nfinalAnswer(files.length)\n</code>'] },
  }
  await place.script(replies)
  return place
}

/** Every event that is stored. */
async function storedEvents(bus: Bus, last: string): Promise<CloudEvent[]> {
  const events: CloudEvent[] = []
  for await (const { event } of followEvents(bus, { from: 'beginning' })) {
    events.push(event)
    if (event.run === last && eventName(event.type) === 'run.ended') return events
  }
  return events
}

/** Approves the waiting call as soon as a host waits for the decision. */
async function approve(place: TeamFolder, run: string): Promise<void> {
  for (;;) {
    const { code, stdout, stderr } = await place.bailiwick('approve', run)
    if (code === 0) return expect(stdout).toBe('approved listFiles({})\n')
    expect(stderr).toContain('Expected a host of asker that waits for the decision, found none.')
  }
}

describe('backup and restore', () => {
  it('continues the open runs of a backup in another data directory', async () => {
    await using first = await team()
    await using second = await team()
    const file = join(first.folder, 'today.backup')
    await first.bailiwick('up', '--detach')
    {
      await using bus = await first.connect()
      for (const [run, agent] of [
        ['working', 'worker'],
        ['waiting', 'asker'],
      ] as const) {
        await requestRun(bus, 'submit', { run, text: 'x', agent })
      }
      await eventsUntil(bus, 'working', 'step.ended')
      await eventsUntil(bus, 'waiting', 'call.asked')
    }
    const written = await first.bailiwick('backup', 'today.backup')
    expect(written.stderr).toBe('')
    expect(written.stdout).toMatch(/^Wrote [\d.]+ \w+ of \d+ streams to .*today\.backup\.\n$/)
    await first.bailiwick('down')

    expect((await second.bailiwick('restore', file)).stdout).toMatch(
      /^Restored [\d.]+ \w+ of \d+ streams, as of \d{4}-.*Z\.\n"bailiwick up" continues the open runs\.\n$/,
    )
    await second.bailiwick('up', '--detach')
    await approve(second, 'waiting')
    await writeFile(join(second.folder, 'go'), '')
    await using bus = await second.connect()
    await eventsUntil(bus, 'waiting', 'run.ended')
    const events = await eventsUntil(bus, 'working', 'run.ended')
    expect(await requestRun(bus, 'get', { run: 'working' })).toMatchObject({ result: { answer: 21 } })
    expect(await requestRun(bus, 'get', { run: 'waiting' })).toMatchObject({ result: { answer: 0 } })
    const ids = events.map(({ id }) => id)
    expect(ids).toEqual([...new Set(ids)])
    // The step before the backup was not executed for a second reply.
    expect(events.filter(({ type }) => eventName(type) === 'step.replied')).toHaveLength(2)
    await second.bailiwick('down')
    for (const { folder } of [first, second]) expect(await untilNoneSurvive(folder)).toEqual([])
  })

  it('backs up and restores while no daemon is running', async () => {
    await using first = await teamFolder({ worker: { t1: [final('1')] } })
    await using second = await teamFolder({})
    await first.bailiwick('up', '--detach')
    await first.bailiwick('run', 'x', '--agent', 'worker')
    const bus = await first.connect()
    const [{ run = '' } = {}] = (await requestRun(bus, 'list', {})).runs
    const before = await storedEvents(bus, run)
    await bus.close()
    await first.bailiwick('down')
    const file = join(first.folder, 'all.backup')
    expect(await first.bailiwick('backup', file)).toMatchObject({ code: 0, stderr: '' })
    expect(await second.bailiwick('restore', file)).toMatchObject({ code: 0, stderr: '' })
    await second.bailiwick('up', '--detach')
    await using again = await second.connect()
    expect(await storedEvents(again, run)).toEqual(before)
    expect((await second.bailiwick('show', run)).stdout).toContain(`run ${run}: completed`)
    await second.bailiwick('down')
  })

  it('refuses a damaged backup, a store that exists and a file that exists', async () => {
    await using first = await teamFolder({})
    await using second = await teamFolder({})
    await first.bailiwick('up', '--detach')
    expect(await first.bailiwick('backup', 'whole')).toMatchObject({ code: 0 })
    const running = await first.bailiwick('restore', 'whole')
    expect(running.code).toBe(2)
    expect(running.stderr).toMatch(
      /Expected no daemon on .*, found process \d+\. End it with "bailiwick down"/,
    )
    await first.bailiwick('down')
    const again = await first.bailiwick('backup', 'whole')
    expect(again.code).toBe(2)
    expect(again.stderr).toMatch(/Expected a new file, found .*whole, which exists\./)

    const whole = await readFile(join(first.folder, 'whole'))
    const flipped = Buffer.from(whole)
    // A byte of the journals, after the header of the archive.
    const at = flipped.indexOf('JOURNAL/0000001') + 512 + 10
    flipped.writeUInt8(flipped.readUInt8(at) ^ 1, at)
    const newer = Buffer.from(whole.toString('latin1').replace('{"v":1,', '{"v":2,'), 'latin1')
    for (const [name, bytes, error] of [
      ['cut', whole.subarray(0, Math.floor(whole.length / 2)), /found a damaged one: /],
      [
        'cut-before-end',
        whole.subarray(0, whole.lastIndexOf('complete.json')),
        /found a damaged one: its end is missing/,
      ],
      ['flipped', flipped, /found a damaged one: stream \w+ differs from what was written/],
      [
        'newer',
        newer,
        /Expected a backup of layout 1 or older, found layout 2 .* Restore it with Bailiwick [\d.]+ or later/,
      ],
      ['text', Buffer.from('hello\n'), /found a damaged one: /],
    ] as const) {
      await writeFile(join(second.folder, name), bytes)
      const refused = await second.bailiwick('restore', name)
      expect(refused.stderr).toMatch(error)
      expect(refused.code).toBe(2)
    }
    const missing = await second.bailiwick('restore', 'nowhere')
    expect(missing.stderr).toMatch(/nowhere/)
    // Nothing of the refused ones stayed.
    expect(await second.bailiwick('restore', join(first.folder, 'whole'))).toMatchObject({ code: 0 })
    const full = await second.bailiwick('restore', join(first.folder, 'whole'))
    expect(full.stderr).toMatch(
      /Expected a server without a store, found stream \w+\. Restore to another data directory\./,
    )
  })
})
