import { once } from 'node:events'
import { createServer } from 'node:net'
import { scratch } from '@bailiwick/coordinator/testing/scratch'
import { untilNoneSurvive } from '@bailiwick/coordinator/testing/survivors'
import { findNatsServer } from '@bailiwick/nats-server'
import { describe, expect, it, vi } from 'vitest'
import { runProgram } from '../src/program/run-program.ts'
import { bareEnv, run, start } from './program.ts'
import { final, planReply, teamFolder } from './team-folder.ts'

/** Runs a command in a folder with a working team, and expects that it starts nothing. */
async function refused(args: string[], options: Parameters<typeof teamFolder>[1] = {}) {
  await using place = await teamFolder({ worker: { t1: [final('1')] } }, options)
  const ended = await run(args, { cwd: place.folder })
  expect(await untilNoneSurvive(place.folder)).toEqual([])
  expect(ended.stdout).toBe('')
  expect(ended.stderr).not.toMatch(/\n\s+at /)
  return ended
}

/** Runs a command in this process, because starting one for each line of a table takes minutes on a busy machine. */
async function refusedHere(args: string[]) {
  await using place = await teamFolder({ worker: { t1: [final('1')] } })
  const printed = { stdout: '', stderr: '' }
  const capture = (stream: 'stdout' | 'stderr') =>
    vi.spyOn(process[stream], 'write').mockImplementation((text) => {
      printed[stream] += text
      return true
    })
  const [out, err] = [capture('stdout'), capture('stderr')]
  const cwd = process.cwd()
  process.chdir(place.folder)
  try {
    const code = await runProgram(args)
    return { ...printed, code }
  } finally {
    process.chdir(cwd)
    out.mockRestore()
    err.mockRestore()
    expect(await untilNoneSurvive(place.folder)).toEqual([])
  }
}

describe('the command line', () => {
  it('refuses an unknown command in a process of its own', async () => {
    const ended = await refused(['rnu'])
    expect(ended.stderr).toMatch(`unknown command 'rnu'. Did you mean run?`)
    expect(ended.code).toBe(2)
  })

  it.each([
    [['rnu'], `unknown command 'rnu'. Did you mean run? Run "bailiwick --help" for usage.`],
    [
      ['run', 'x', '--inptu', 'a'],
      `unknown option '--inptu'. Did you mean --input? Run "bailiwick run --help"`,
    ],
    [['run', 'x', '-z'], `unknown option '-z'. Run "bailiwick run --help" for usage.`],
    [['--verison'], `unknown option '--verison'. Did you mean --version?`],
    [['help', 'rnu'], `unknown command 'rnu'. Did you mean run?`],
    [['run'], `missing required argument 'task'. Run "bailiwick run --help" for usage.`],
    [['approve'], `missing required argument 'run'. Run "bailiwick approve --help" for usage.`],
    [['replay'], `missing required argument 'run|task-id'`],
    [['run', 'two', 'words'], `too many arguments for 'run'. Expected 1 argument but got 2: two, words.`],
    [['run', 'x', '--out'], `option '-o, --out <dir>' argument missing.`],
    [
      ['run', 'x', '--out', '--input'],
      `argument '--input' is invalid. Expected a value, found another option.`,
    ],
    [['run', '  '], 'Expected a task, found an empty text'],
    [
      ['run', 'x', '--strategy', 'paln'],
      `argument 'paln' is invalid. Allowed choices are auto, plan, direct.`,
    ],
    [['runs', '--limit', 'many'], '--limit: expected a number from 1 to 1000, found "many".'],
    [
      ['env', '--role', 'king'],
      '--role: expected user, user:<name>, reader, reader:<name>, agent:<name> or tool-host:<name>, found "king".',
    ],
    [['env', '--role', 'agent'], '--role: expected agent:<name>, found "agent" without a name.'],
    [['env', '--prompts'], '--prompts needs role reader, found role user.'],
    [['env', '--role', 'user:'], 'letters, digits, "_" or "-"; found "".'],
    [['env', '--role', 'agent:a:b'], 'letters, digits, "_" or "-"; found "a:b".'],
    [['env', '--role', 'tool-host:x'], 'Role tool-host needs at least one tool. Add --tool <name>'],
    [
      ['env', '--tool', 'x'],
      '--tool needs role tool-host or agent, found role user. Add --role tool-host:<name>.',
    ],
    [['events', '--once'], '--once needs a run to wait for. Add --run <run>.'],
    [['run', 'x', '--replay-by', 'lane'], '--replay-by needs a cassette. Add --replay <file>.'],
    [
      ['run', 'x', '--replay', 'tape', '--replay-by', 'heart'],
      `argument 'heart' is invalid. Allowed choices are strict, lane.`,
    ],
    [['demo', '--data', 'missing.csv'], /--data: expected a file at \/.*missing\.csv, found nothing\./],
    [['demo', '--config', 'other.ts'], `unknown option '--config'. Run "bailiwick demo --help"`],
    [
      ['run', 'x', '--input', 'a=missing.csv'],
      /--input: expected a file at \/.*missing\.csv, found nothing\./,
    ],
    [['run', 'x', '--input', '.'], /--input: expected a file at \/.*, found a folder\./],
    [
      ['run', 'x', '--input', 'bailiwick.config.mjs', '--input', './bailiwick.config.mjs'],
      'Expected a different name for each input, found two named "bailiwick_config"',
    ],
    [['run', 'x', '--config', 'nowhere.ts'], 'Expected a configuration at'],
    [['run', 'x', '--agent', './nobody.mjs'], 'nobody.mjs" does not exist'],
    [['run', 'x', '--agent', 'wroker'], 'found "wroker". Did you mean "worker"'],
  ])('refuses %j with what it expected', async (args, message) => {
    const ended = await refusedHere(args)
    expect(ended.stdout).toBe('')
    expect(ended.stderr).toMatch(message)
    expect(ended.code).toBe(2)
  })

  it('prints errors as JSON with --json', async () => {
    await using place = await scratch()
    const ended = await run(['status', '--json'], { cwd: place.folder })
    expect(JSON.parse(ended.stdout)).toMatchObject({ error: { code: 'no-daemon' } })
    expect(ended).toMatchObject({ code: 5, stderr: '' })
  })
})

describe('the configuration', () => {
  it('refuses a typo, with its path and the name that was probably meant', async () => {
    const ended = await refused(['run', 'x'], { members: { worker: { replcias: 2 } } })
    expect(ended.stderr).toContain('team[0].replcias: unknown option. Did you mean "replicas"?')
    expect(ended.code).toBe(2)
  })

  it('refuses an unknown level, and lists the known ones', async () => {
    const ended = await refused(['run', 'x'], { members: { worker: { level: 'wizard' } } })
    expect(ended.stderr).toContain(
      'team[0].level: expected a level from 0 to 5 or one of processor, router, tool-caller, multi-step, multi-agent, code; found "wizard"',
    )
    expect(ended.code).toBe(2)
  })

  it.each([
    ['below a file', 'bailiwick.config.mjs/data'],
    ...(process.platform === 'linux' ? [['in a file system without new folders', '/proc/nowhere']] : []),
  ])('refuses a data directory %s', async (_, dataDir) => {
    const ended = await refused(['up'], { config: { dataDir } })
    expect(ended.stderr).toMatch(
      /^error: dataDir: expected a folder that can be written, found .* \(E[A-Z]+.*\). Name another folder/,
    )
    expect(ended.code).toBe(2)
  })

  it('reports a port that is in use', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const ended = await refused(['run', 'x'], { config: { nats: { port } } })
    server.close()
    expect(ended.stderr).toMatch(new RegExp(`[Pp]ort ${port}`))
    expect(ended.code).toBe(1)
  })

  it('reports an agent package that is not installed, and the folders that it searched', async () => {
    const ended = await refused(['run', 'x'], { config: { team: ['@acme/agent-legal'] } })
    expect(ended.stderr).toContain('agent package "@acme/agent-legal" was not found from')
    expect(ended.code).toBe(2)
  })
})

describe('an agent', () => {
  it('can import core and zod from a folder without node_modules', async () => {
    await using place = await teamFolder(
      { mailer: { '*': [final('(await stamp({ letter: "a" })).letter')] } },
      { config: { team: ['./mailer.ts'] } },
    )
    await place.write(
      'mailer.ts',
      `import { defineAgent, defineTool } from '@bailiwick/core'
       import { z } from 'zod'
       const input = z.object({ letter: z.string() })
       const run = (given: { letter: string }) => ({ letter: given.letter + '!' })
       const stamp = defineTool({ name: 'stamp', description: 'Stamps a letter.', input, effect: 'none', run })
       export default defineAgent({ name: 'mailer', description: 'Sends mail.', level: 5, tools: [stamp] })`,
    )
    const ended = await run(['run', 'x', '--agent', 'mailer'], { cwd: place.folder })
    expect(ended).toMatchObject({ code: 0, stdout: 'a!\n' })
    expect(await untilNoneSurvive(place.folder)).toEqual([])
  })

  it('is named if its file throws, with the error', async () => {
    await using place = await teamFolder({}, { config: { team: ['./broken.mjs'] } })
    await place.write('broken.mjs', `throw new Error('no licence found')`)
    const ended = await run(['run', 'x'], { cwd: place.folder })
    expect(ended.stderr).toMatch(/agent "\.\/broken\.mjs".*no licence found/)
    expect(ended.code).toBe(2)
    expect(await untilNoneSurvive(place.folder)).toEqual([])
  })

  it('is refused without a definition, with an example of one', async () => {
    await using place = await teamFolder({}, { config: { team: ['./empty.mjs'] } })
    await place.write('empty.mjs', 'export const agent = 1')
    const ended = await run(['run', 'x'], { cwd: place.folder })
    expect(ended.stderr).toContain('export default defineAgent({ … })')
    expect(ended.code).toBe(2)
  })

  it('fails the run if its process dies repeatedly at its start, with its last output', async () => {
    await using place = await teamFolder({}, { config: { team: ['./mortal.mjs'], limits: { restarts: 1 } } })
    // The file loads when the daemon reads its description, and exits in its host process.
    await place.write(
      'mortal.mjs',
      `if (process.env.NATS_URL) { console.error('the licence server is down'); process.exit(1) }
       export default { name: 'mortal', description: 'x', level: 0 }`,
    )
    const ended = await run(['run', 'x', '--agent', 'mortal'], { cwd: place.folder })
    expect(ended.stderr).toMatch(/agent-mortal-1 exited with 1 soon after each start\. It is tried again/)
    expect(ended.stderr).toContain('the licence server is down')
    expect(ended.code).toBe(3)
    expect(await untilNoneSurvive(place.folder)).toEqual([])
  })
})

describe('the machine', () => {
  it('needs a model, and the error lists ways to get one', async () => {
    await using place = await scratch()
    const ended = await run(['run', 'x'], { cwd: place.folder })
    expect(ended.stderr).toContain('No model found. One of these is enough:')
    expect(ended.code).toBe(2)
    expect(await untilNoneSurvive(place.folder)).toEqual([])
  })

  it('needs a nats-server or a network, and the error names the command that installs one', async () => {
    await using place = await teamFolder({})
    const nowhere = { PATH: place.folder, HOME: place.folder, XDG_CACHE_HOME: `${place.folder}/cache` }
    const env = bareEnv({ ...nowhere, NATS_SERVER_RELEASES: 'http://127.0.0.1:9' })
    delete env.NATS_SERVER_BIN
    // A server in /usr/sbin would be found.
    if ((await findNatsServer({ env })) !== undefined) return
    const ended = await run(['run', 'x'], { cwd: place.folder, env })
    expect(ended.stderr).toMatch(/nats-server.*\n[\s\S]*(apt|brew|scoop|curl)/)
    expect(ended.code).toBe(1)
    expect(await untilNoneSurvive(place.folder)).toEqual([])
  })

  it('runs one daemon per data directory', async () => {
    await using place = await teamFolder({})
    const first = start(['up'], { cwd: place.folder })
    await first.until(/is ready/)
    const second = await run(['up'], { cwd: place.folder })
    expect(second.stderr).toMatch(/A daemon \(process \d+\) is already running on .*\.bailiwick/)
    expect(second.code).toBe(2)
    first.child.kill('SIGINT')
    expect((await first.ended).code).toBe(0)
    expect(await untilNoneSurvive(place.folder)).toEqual([])
  })
})

describe('a plan with a circle', () => {
  const circle = planReply({ name: 't1', after: ['t2'] }, { name: 't2', after: ['t1'] })

  it('goes back to the planner, and the corrected plan is used', async () => {
    await using place = await teamFolder({
      planner: { plan: [circle, planReply({ name: 't1' })] },
      worker: { t1: [final('"corrected"')] },
      writer: { answer: ['It is {{t1.output}}.'] },
    })
    const ended = await run(['run', 'x'], { cwd: place.folder })
    expect(ended.stdout).toBe('It is corrected.\n')
    expect(ended.code).toBe(0)
  })

  it('fails the run if every plan has one, and the error names the circle', async () => {
    await using place = await teamFolder({ planner: { plan: Array.from({ length: 9 }, () => circle) } })
    const ended = await run(['run', 'x'], { cwd: place.folder })
    expect(ended.stderr).toMatch(/t1 → t2 → t1/)
    expect(ended.code).toBe(3)
    expect(await untilNoneSurvive(place.folder)).toEqual([])
  })
})

describe('a definition beyond its ceiling', () => {
  const agents = [{ name: 'worker', level: 5, tools: ['queryTables', 'readPage'] }]
  const members = { worker: { tools: ['query*'] } }
  const said = /worker: expected at most tools query\*; found also tools readPage/

  it.each([[['run', 'x']], [['up']]])(
    "stops %j before anything starts, with beyondCeiling 'refuse'",
    async (args) => {
      const ended = await refused(args, { agents, members, config: { beyondCeiling: 'refuse' } })
      expect(ended.stderr).toMatch(said)
      expect(ended.stderr).toContain("beyondCeiling: 'drop'")
      expect(ended.code).not.toBe(0)
    },
  )

  it('is a problem for doctor then, and a warning by default', async () => {
    const doctor = async (config: Record<string, unknown>) => {
      await using place = await teamFolder({}, { agents, members, config })
      return await run(['doctor'], { cwd: place.folder })
    }
    const strict = await doctor({ beyondCeiling: 'refuse' })
    expect(strict.stdout).toMatch(said)
    expect(strict.code).toBe(1)
    const lenient = await doctor({})
    expect(lenient.stdout).toContain('works without what exceeds its ceiling: tools readPage')
    expect(lenient.stdout).not.toMatch(said)
  })
})
