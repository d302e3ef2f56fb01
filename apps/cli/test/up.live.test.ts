import { untilNoneSurvive } from '@bailiwick/coordinator/testing/survivors'
import { expect, it } from 'vitest'
import { lastJson, start } from './program.ts'
import { teamFolder } from './team-folder.ts'

/** An agent whose file runs `code` in its host process only, not when the daemon reads its description. */
function hostedAgent(name: string, code: string): string {
  return `if (process.env.NATS_URL) { ${code} }
    export default { name: '${name}', description: 'x', level: 0 }`
}

it('waits until every host has announced itself, and names the hosts that are still starting', async () => {
  await using place = await teamFolder({}, { config: { team: [{ agent: './slow.mjs', replicas: 2 }] } })
  const go = JSON.stringify(`${place.folder}/go`)
  const waits = `const { existsSync } = await import('node:fs')
    while (!existsSync(${go})) await new Promise((done) => setTimeout(done, 20))`
  await place.write('slow.mjs', hostedAgent('slow', waits))
  const starting = start(['up', '--detach'], { cwd: place.folder })
  await starting.until(/Waiting for .*slow \(0 of 2\)/)
  await place.write('go', '')
  const up = await starting.ended
  expect(up).toMatchObject({ code: 0, stdout: expect.stringMatching(/^daemon \d+ is ready at /) })
  const status = lastJson(await place.bailiwick('status', '--json'))
  expect(status.agents).toMatchObject([{ name: 'slow', hosts: [{ slots: 4 }, { slots: 4 }] }])
  expect(status.tools).toContain('readFile')
  await place.bailiwick('down')
  expect(await untilNoneSurvive(place.folder)).toEqual([])
})

it('names a host that does not start, with its last output, and runs without it', async () => {
  await using place = await teamFolder(
    {},
    { config: { team: ['./mortal.mjs', './worker.mjs'], limits: { restarts: 1 } } },
  )
  const dies = `console.error('the licence server is down'); process.exit(1)`
  await place.write('mortal.mjs', hostedAgent('mortal', dies))
  const up = await place.bailiwick('up', '--detach', '--json')
  expect(up.code).toBe(0)
  expect(lastJson(up)).toMatchObject({ missing: ['agent-mortal-1'] })
  expect(up.stderr).toContain('the licence server is down')
})

it('fails if no host of the team starts', async () => {
  await using place = await teamFolder({}, { config: { team: ['./mortal.mjs'], limits: { restarts: 0 } } })
  await place.write('mortal.mjs', hostedAgent('mortal', `console.error('no licence'); process.exit(1)`))
  const up = await place.bailiwick('up', '--detach')
  expect(up.code).toBe(1)
  expect(up.stderr).toMatch(/No agent host started\. agent-mortal-1 exited with 1\n\s+no licence/)
  expect(await untilNoneSurvive(place.folder)).toEqual([])
})
