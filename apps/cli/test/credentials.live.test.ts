import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { connectBus, connectFromEnv, eventName, followEvents, requestRun } from '@bailiwick/bus'
import { DAEMON, pidOf, untilNoneSurvive } from '@bailiwick/coordinator/testing/survivors'
import { readCredentials } from '@bailiwick/nats-server'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { run } from './program.ts'
import { final, type Script, type TeamFolder, teamFolder } from './team-folder.ts'

/** Two steps with a tool, each after some seconds: credentials of four seconds end in the middle, again and again. */
const SLOW: Script = {
  worker: {
    '*': [
      { text: '<code>\nlet count = (await listFiles({})).length\n</code>', delayMs: 4_000 },
      { text: final('count + (await listFiles({})).length + 42'), delayMs: 4_000 },
    ],
  },
}

async function place(): Promise<TeamFolder & { bailiwick(...args: string[]): ReturnType<typeof run> }> {
  const folder = await teamFolder(SLOW, {
    agents: [{ name: 'worker', level: 5, tools: ['listFiles'] }],
    config: { nats: { credentialsLifeMs: 4_000 } },
  })
  return { ...folder, bailiwick: (...args) => run(args, { cwd: folder.folder }) }
}

const minted = async ({ folder }: TeamFolder, name: string) =>
  readCredentials(await readFile(`${folder}/.bailiwick/credentials/${name}.creds`, 'utf8'))

describe('credentials of the processes of a daemon', () => {
  it('end, and are renewed: a host at work does not notice, nor does the next daemon', async () => {
    await using at = await place()
    await at.bailiwick('up', '--detach')
    const access = JSON.parse((await at.bailiwick('env', '--json')).stdout)
    const first = await minted(at, 'worker')
    expect(first?.expires).toBeLessThan(Date.now() / 1_000 + 6)
    const host = pidOf(at.folder, /worker\.mjs/)
    const seen: string[] = []
    const refused: unknown[] = []
    {
      await using user = await connectFromEnv('user', access)
      await requestRun(user, 'submit', { run: 'r1', text: 'x', agent: 'worker' })
      for await (const { event } of followEvents(user, { from: 'beginning' })) {
        const name = eventName(event.type) ?? ''
        seen.push(name)
        // Strangers on the machine may try the port.
        const { user } = z.object({ user: z.string().default('unknown') }).parse(event.data ?? {})
        if (name === 'access.refused' && user !== 'unknown') refused.push(event.data)
        if (name === 'step.ended' && seen.filter((each) => each === 'step.ended').length === 1) {
          process.kill(pidOf(at.folder, DAEMON), 'SIGKILL')
          expect((await at.bailiwick('up', '--detach')).stderr).toContain('Resumed 1 open run.')
        }
        if (name === 'run.ended') break
      }
      expect((await requestRun(user, 'get', { run: 'r1' })).result).toMatchObject({ answer: 42 })
    }
    expect(seen.filter((name) => name === 'task.started')).toHaveLength(1)
    expect(refused).toEqual([])
    expect(pidOf(at.folder, /worker\.mjs/)).toBe(host)
    // The same key all the time, with later and later ends: revoking it would end them all.
    for (const name of ['worker', 'toolbox', 'user']) {
      const now = await minted(at, name)
      expect(now?.expires, name).toBeGreaterThan(Date.now() / 1_000)
      const later = async () => (await minted(at, name))?.expires !== now?.expires
      while (!(await later())) await sleep(50)
    }
    expect((await minted(at, 'worker'))?.publicKey).toBe(first?.publicKey)
    // The commands of this machine use credentials that are renewed.
    expect((await at.bailiwick('status')).code).toBe(0)
    await at.bailiwick('down')
    expect(await untilNoneSurvive(at.folder)).toEqual([])
  })
})

describe('env', () => {
  it('gives credentials that end when it is said, and are refused then with the reason', async () => {
    await using at = await place()
    await at.bailiwick('up', '--detach')
    const made = await at.bailiwick('env', '--role', 'reader', '--expires', '1s', '--json')
    const { NATS_URL: url, NATS_CREDS: credsFile } = JSON.parse(made.stdout)
    const { expires = 0 } = (await readCredentials(await readFile(credsFile, 'utf8'))) ?? {}
    // The server takes them for the whole of their last second.
    while (Date.now() <= (expires + 1) * 1_000) await sleep(50)
    await expect(connectBus({ url, credsFile, name: 'late' })).rejects.toMatchObject({
      code: 'bus-auth',
      message: expect.stringContaining(`they expired at ${new Date(expires * 1_000).toISOString()}`),
    })
    const endless = await at.bailiwick('env', '--role', 'reader', '--json')
    const file = await readFile(JSON.parse(endless.stdout).NATS_CREDS, 'utf8')
    expect(await readCredentials(file)).not.toHaveProperty('expires')
    await at.bailiwick('down')
  })

  it.each(['soon', '0d', '1.5h', '12'])('refuses an end like %s', async (time) => {
    await using at = await place()
    const { code, stderr } = await at.bailiwick('env', '--expires', time)
    expect(code).toBe(2)
    expect(stderr).toContain(
      `--expires: expected a whole number with s, m, h or d, such as 12h, found "${time}".`,
    )
  })
})
