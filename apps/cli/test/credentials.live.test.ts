import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { connectBus, eventName, followEvents, requestRun } from '@bailiwick/bus'
import { DAEMON, pidOf, untilNoneSurvive } from '@bailiwick/coordinator/testing/survivors'
import { readCredentials } from '@bailiwick/nats-server'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { eventsUntil, final, nameAndTask, type Script, type TeamFolder, teamFolder } from './team-folder.ts'

/** Long enough to replace a daemon on a busy machine before its hosts' credentials expire. */
const LIFE_MS = 8_000

/** Two steps that call a tool. The second one waits until the file `go` exists. */
const SLOW: Script = {
  worker: {
    '*': [
      '<code>\nlet count = (await listFiles({})).length\n</code>',
      { text: final('count + (await listFiles({})).length + 42'), untilFile: 'go' },
    ],
  },
}

const place = () =>
  teamFolder(SLOW, {
    agents: [{ name: 'worker', level: 5, tools: ['listFiles'] }],
    config: { nats: { credentialsLifeMs: LIFE_MS } },
  })

const minted = async ({ folder }: TeamFolder, name: string) =>
  readCredentials(await readFile(`${folder}/.bailiwick/credentials/${name}.creds`, 'utf8'))

/** Waits until the daemon has renewed credentials. */
async function untilRenewed(at: TeamFolder, name: string): Promise<void> {
  const before = await minted(at, name)
  while ((await minted(at, name))?.expires === before?.expires) await sleep(50)
}

describe("the credentials of a daemon's processes", () => {
  it('are renewed before they expire, and no host and no later daemon notices', async () => {
    await using at = await place()
    await at.bailiwick('up', '--detach')
    const first = await minted(at, 'worker')
    const firstEnds = (first?.expires ?? 0) * 1_000
    expect(firstEnds).toBeLessThanOrEqual(Date.now() + LIFE_MS + 1_000)
    const host = pidOf(at.folder, /worker\.mjs/)
    {
      await using user = await at.connect()
      await requestRun(user, 'submit', { run: 'r1', text: 'x', agent: 'worker' })
      await eventsUntil(user, 'r1', 'step.ended')
      // With new credentials, the host has the most time to wait for the next daemon.
      await untilRenewed(at, 'worker')
      process.kill(pidOf(at.folder, DAEMON), 'SIGKILL')
      expect((await at.bailiwick('up', '--detach')).stderr).toContain('Resumed 1 open run.')
      while (Date.now() <= firstEnds + 1_000) await sleep(50)
      await at.write('go', '')
      const events = await eventsUntil(user, 'r1', 'run.ended')
      expect((await requestRun(user, 'get', { run: 'r1' })).result).toMatchObject({ answer: 42 })
      expect(events.map(nameAndTask).filter((line) => line === 'task.started r1-t1')).toHaveLength(1)
      expect(await refusals(at)).toEqual([])
    }
    expect(pidOf(at.folder, /worker\.mjs/)).toBe(host)
    // The key stays the same, because revoking it would revoke all its credentials.
    for (const name of ['worker', 'toolbox', 'user']) {
      expect((await minted(at, name))?.expires, name).toBeGreaterThan(Date.now() / 1_000)
      await untilRenewed(at, name)
    }
    expect((await minted(at, 'worker'))?.publicKey).toBe(first?.publicKey)
    // Commands on this machine use the renewed credentials too.
    expect((await at.bailiwick('status')).code).toBe(0)
    await at.bailiwick('down')
    expect(await untilNoneSurvive(at.folder)).toEqual([])
  })
})

/** What the server has refused to known users. Other processes of this machine may try the port. */
async function refusals(at: TeamFolder): Promise<unknown[]> {
  await using bus = await at.connect()
  const refused: unknown[] = []
  for await (const { event } of followEvents(bus, { from: 'beginning' })) {
    const { user } = z.object({ user: z.string().default('unknown') }).parse(event.data ?? {})
    if (eventName(event.type) === 'access.refused' && user !== 'unknown') refused.push(event.data)
    if (eventName(event.type) === 'run.ended') break
  }
  return refused
}

describe('bailiwick env', () => {
  it('prints credentials that the server refuses with the reason after they have expired', async () => {
    await using at = await place()
    await at.bailiwick('up', '--detach')
    const made = await at.bailiwick('env', '--role', 'reader', '--expires', '1s', '--json')
    const { NATS_URL: url, NATS_CREDS: credsFile } = JSON.parse(made.stdout)
    const { expires = 0 } = (await readCredentials(await readFile(credsFile, 'utf8'))) ?? {}
    // The server accepts them until the end of their last second.
    while (Date.now() <= (expires + 1) * 1_000) await sleep(50)
    await expect(connectBus({ url, credsFile, name: 'late' })).rejects.toMatchObject({
      code: 'bus-auth',
      message: expect.stringContaining(`they expired at ${new Date(expires * 1_000).toISOString()}`),
    })
    const endless = await at.bailiwick('env', '--role', 'reader', '--json')
    const file = await readFile(JSON.parse(endless.stdout).NATS_CREDS, 'utf8')
    expect(await readCredentials(file)).not.toHaveProperty('expires')
  })

  it.each(['soon', '0d', '1.5h', '12'])('refuses --expires %s', async (time) => {
    await using at = await place()
    const { code, stderr } = await at.bailiwick('env', '--expires', time)
    expect(code).toBe(2)
    expect(stderr).toContain(
      `--expires: expected a whole number with s, m, h or d, such as 12h, found "${time}".`,
    )
  })
})
