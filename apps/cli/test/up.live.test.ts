import { untilNoneSurvive } from '@bailiwick/coordinator/testing/survivors'
import { expect, it } from 'vitest'
import { run } from './program.ts'
import { type TeamFolder, teamFolder } from './team-folder.ts'

/** An agent whose file runs `code` in its host process only, not when the daemon reads its description. */
function hostedAgent(name: string, code: string): string {
  return `if (process.env.NATS_URL) { ${code} }
    export default { name: '${name}', description: 'x', level: 0 }`
}

async function endDaemon(place: TeamFolder): Promise<void> {
  expect((await run(['down'], { cwd: place.folder })).code).toBe(0)
  expect(await untilNoneSurvive(place.folder)).toEqual([])
}

it('waits until every host has announced itself, and says which hosts are still starting', async () => {
  await using place = await teamFolder({}, { config: { team: [{ agent: './slow.mjs', replicas: 2 }] } })
  await place.write('slow.mjs', hostedAgent('slow', 'await new Promise((done) => setTimeout(done, 4_000))'))
  const up = await run(['up', '--detach'], { cwd: place.folder })
  try {
    expect(up).toMatchObject({ code: 0, stdout: expect.stringMatching(/^daemon \d+ is ready at /) })
    expect(up.stderr).toContain('Waiting for slow (0 of 2)')
    const status = JSON.parse((await run(['status', '--json'], { cwd: place.folder })).stdout)
    expect(status.agents).toMatchObject([{ name: 'slow', hosts: [{ slots: 4 }, { slots: 4 }] }])
    expect(status.tools).toContain('readFile')
  } finally {
    await endDaemon(place)
  }
})

it('names a host that does not start, with its last output, and runs without it', async () => {
  await using place = await teamFolder(
    {},
    { config: { team: ['./mortal.mjs', './worker.mjs'], limits: { restarts: 1 } } },
  )
  const dies = `console.error('the licence server is down'); process.exit(1)`
  await place.write('mortal.mjs', hostedAgent('mortal', dies))
  const up = await run(['up', '--detach', '--json'], { cwd: place.folder })
  try {
    expect(up.code).toBe(0)
    expect(JSON.parse(up.stdout)).toMatchObject({ missing: ['agent-mortal-1'] })
    expect(up.stderr).toContain('the licence server is down')
  } finally {
    await endDaemon(place)
  }
})

it('fails if no host of the team starts', async () => {
  await using place = await teamFolder({}, { config: { team: ['./mortal.mjs'], limits: { restarts: 0 } } })
  await place.write('mortal.mjs', hostedAgent('mortal', `console.error('no licence'); process.exit(1)`))
  const up = await run(['up', '--detach'], { cwd: place.folder })
  expect(up.code).toBe(1)
  expect(up.stderr).toMatch(/No agent host started\. agent-mortal-1 exited with 1\n\s+no licence/)
  expect(await untilNoneSurvive(place.folder)).toEqual([])
})
