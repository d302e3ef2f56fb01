import { spawn } from 'node:child_process'
import { mkdir, readFile, symlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Scratch, scratch } from '@bailiwick/coordinator/testing/scratch'
import { untilNoneSurvive } from '@bailiwick/coordinator/testing/survivors'
import { expect, it } from 'vitest'
import { bareEnv, run, start } from './program.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const page = await readFile(join(root, 'docs/extend.md'), 'utf8')
const [manifest = '', ...unused] = blocks('json')
const [definition = '', config = '', offering = '', plain = '', deciding = '', ...more] = blocks('js')

function blocks(language: string): string[] {
  return [...page.matchAll(new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, 'gs'))].map(([, code]) => code ?? '')
}

/** Installs the packages that the page imports, and the agent's package. */
async function install(place: Scratch) {
  const installed = {
    zod: 'packages/client/node_modules/zod',
    '@bailiwick/client': 'packages/client',
    '@bailiwick/core': 'packages/core',
    '@nats-io/transport-node': 'packages/bus/node_modules/@nats-io/transport-node',
  }
  for (const [name, from] of Object.entries(installed)) {
    const link = join(place.folder, 'node_modules', name)
    await mkdir(dirname(link), { recursive: true })
    await symlink(join(root, from), link, 'junction')
  }
  await mkdir(join(place.folder, 'node_modules/@acme/agent-buyer'), { recursive: true })
  await place.write('node_modules/@acme/agent-buyer/package.json', manifest)
  await place.write('node_modules/@acme/agent-buyer/index.js', definition)
  await place.write('bailiwick.config.mjs', config)
  await place.write('replies.json', {
    buyer: {
      '*': [
        `<code>
const [euros, pieces] = await Promise.all([price({ article: 'rope' }), stock({ article: 'rope' })])
const none = await price({ article: 'sail' }).catch((error) => error.message)
const number = await order({ article: 'rope', pieces: 4 })
finalAnswer({ euros, pieces, none, number })
</code>`,
      ],
    },
  })
}

it('runs the code of docs/extend.md: an agent, two tools in other processes, and a service that decides', async () => {
  expect([unused, more]).toEqual([[], []])
  await using place = await scratch()
  await install(place)
  const env = bareEnv({ BAILIWICK_MODEL: `scripted:${place.folder}/replies.json` })
  const bailiwick = (...args: string[]) => run(args, { cwd: place.folder, env })
  await using stack = new AsyncDisposableStack()
  expect(await bailiwick('up', '--detach')).toMatchObject({ code: 0 })

  const service = async (name: string, code: string, role: string[], ...args: string[]) => {
    const credentials = JSON.parse((await bailiwick('env', '--json', ...role)).stdout)
    const file = await place.write(`${name}.mjs`, code)
    const child = spawn(process.execPath, [...process.execArgv, file, ...args], {
      env: { ...env, ...credentials },
      stdio: ['ignore', 'inherit', 'inherit'],
    })
    stack.defer(() => void child.kill())
  }
  await service('stock', offering, ['--role', 'tool-host:warehouse', '--tool', 'stock'])
  await service('price', plain, ['--role', 'tool-host:prices', '--tool', 'price'])
  const hosted = async () => JSON.parse((await bailiwick('status', '--json')).stdout).tools
  await expect.poll(hosted, { timeout: 30_000 }).toEqual(expect.arrayContaining(['price', 'stock']))

  const asking = start(['run', 'Order rope.', '--agent', 'buyer', '--json'], { cwd: place.folder, env })
  const [, id = ''] = /"run":"(r[a-z2-7]{12})"/.exec(await asking.until(/"run":"r[a-z2-7]{12}"/)) ?? []
  await service('decide', deciding, [], id)
  const { code, stdout } = await asking.ended
  expect(code).toBe(0)
  const { answer } = JSON.parse(stdout.trim().split('\n').at(-1) ?? '')
  expect(answer).toEqual({ euros: 30, pieces: 12, none: 'no price for sail', number: '4x rope' })
  await stack.disposeAsync()
  await bailiwick('down')
  expect(await untilNoneSurvive(place.folder)).toEqual([])
})
