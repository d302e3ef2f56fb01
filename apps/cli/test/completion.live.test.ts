import { spawnSync } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type Scratch, scratch } from '@bailiwick/coordinator/testing/scratch'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { COMMANDS } from '../src/program/command-table.ts'
import { run } from './program.ts'

let place: Scratch
beforeAll(async () => {
  place = await scratch()
  await mkdir(join(place.folder, 'reports'))
  await place.write('sales 2025.csv', '')
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { code, stdout } = await run(['completion', shell], { cwd: place.folder })
    expect(code).toBe(0)
    await place.write(`completion.${shell}`, stdout)
  }
})
afterAll(() => place[Symbol.asyncDispose]())

/** Runs a script in a shell, in the folder of the test, and returns the lines that it prints. */
function inShell(shell: string, args: string[], script: string): string[] {
  const { stdout, stderr, error } = spawnSync(shell, [...args, '-c', script], {
    cwd: place.folder,
    encoding: 'utf8',
    timeout: 50_000,
  })
  if (error !== undefined) throw error
  expect(stderr).toBe('')
  return stdout.split('\n').filter((line) => line !== '')
}

const isInstalled = (shell: string) => spawnSync(shell, ['--version']).status === 0

const NAMES = [...COMMANDS.map(({ name }) => name), 'help']

describe('completion bash', () => {
  /** Completes a line as bash does: it splits words at "=" too, and the last one is being typed. */
  function complete(...words: string[]): string[] {
    const quoted = ['bailiwick', ...words].map((word) => `'${word}'`).join(' ')
    return inShell(
      'bash',
      ['--norc', '--noprofile'],
      `source completion.bash
       COMP_WORDS=(${quoted})
       COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
       _bailiwick bailiwick "" "" 2> /dev/null
       printf '%s\\n' "\${COMPREPLY[@]}"`,
    )
  }

  it('registers itself for the command', () => {
    expect(inShell('bash', ['--norc'], 'source completion.bash; complete -p bailiwick')).toEqual([
      'complete -F _bailiwick bailiwick',
    ])
  })

  it.each([
    ['commands', [''], [...NAMES, '--help', '--version']],
    ['a command', ['re'], ['reject', 'replay', 'retry', 'restore']],
    ['options of the command', ['run', '--re'], ['--record', '--replay', '--replay-by']],
    ['options after other words', ['run', 'a task', '--out', 'x', '--pl'], ['--plan']],
    ['choices of an option', ['run', '--strategy', ''], ['auto', 'plan', 'direct']],
    ['a choice', ['run', '--strategy', 'd'], ['direct']],
    ['choices after =', ['run', '--strategy', '='], ['auto', 'plan', 'direct']],
    ['a choice after =', ['run', '--strategy', '=', 'd'], ['direct']],
    ['choices of an argument', ['completion', ''], ['bash', 'zsh', 'fish']],
    ['options of a command with choices', ['completion', '--h'], ['--help']],
    ['commands after help', ['help', 'sho'], ['show']],
    ['files', ['run', '--record', 'sa'], ['sales 2025.csv']],
    ['files after a short option', ['run', '-i', 'sa'], ['sales 2025.csv']],
    ['files after name=', ['run', '-i', 'sales', '=', 'sa'], ['sales 2025.csv']],
    ['folders only', ['run', '--out', ''], ['reports']],
    ['folders for an argument', ['init', 'r'], ['reports']],
    ['nothing for free text', ['cancel', 'r1', '--reason', ''], []],
  ])('completes %s', (_, words, expected) => {
    expect(complete(...words)).toEqual(expected)
  })

  it.each(NAMES)('knows the options of %s', async (name) => {
    const { stdout } = await run([name, '--help'], { cwd: place.folder })
    const options = [...stdout.matchAll(/^ {2}(?:-\w, )?(--[\w-]+)/gm)].map(([, option]) => option)
    expect(options.length).toBeGreaterThan(0)
    expect(complete(name, '--').sort()).toEqual(options.sort())
  })
})

describe.skipIf(!isInstalled('zsh'))('completion zsh', () => {
  /** Types a line and a tab in an interactive zsh, and returns the line after that. */
  function complete(line: string): string | undefined {
    const typed = JSON.stringify(line)
    const [completed] = inShell(
      'zsh',
      ['-f'],
      `zmodload zsh/zpty
       zpty shell zsh -f -i
       zpty -w shell "finish() { print -r -- \\$BUFFER > line.txt; exit }; zle -N finish; bindkey '^X' finish"
       zpty -w shell "zstyle ':completion:*' insert-tab false; autoload -U compinit; compinit -D -u"
       zpty -w shell "source completion.zsh; PS1='rea''dy>'"
       zpty -r -m shell seen '*ready>*'
       zpty -w -n shell ${typed}$'\\t\\x18'
       while zpty -r shell seen; do :; done
       cat line.txt`,
    )
    return completed
  }

  it.each([
    ['a command', 'bailiwick dea', 'bailiwick dead '],
    ['an option', 'bailiwick run --str', 'bailiwick run --strategy='],
    ['a choice', 'bailiwick run --strategy d', 'bailiwick run --strategy direct '],
    ['a choice after =', 'bailiwick run --strategy=d', 'bailiwick run --strategy=direct '],
    ['an argument', 'bailiwick completion f', 'bailiwick completion fish '],
    ['a file', 'bailiwick run --record sa', 'bailiwick run --record sales\\ 2025.csv '],
    ['a file after name=', 'bailiwick run -i x=sa', 'bailiwick run -i x=sales\\ 2025.csv '],
    ['nothing for free text', 'bailiwick cancel r1 --reason r', 'bailiwick cancel r1 --reason r'],
    ['a folder', 'bailiwick run --out ', 'bailiwick run --out reports/'],
    ['a command after help', 'bailiwick help sho', 'bailiwick help show '],
  ])('completes %s', (_, line, completed) => {
    expect(complete(line)).toBe(completed)
  })
})

describe.skipIf(!isInstalled('fish'))('completion fish', () => {
  function complete(line: string): string[] {
    const script = `source completion.fish; complete -C ${JSON.stringify(line)}`
    return inShell('fish', ['--no-config'], script).map((found) => found.replace(/\t.*/, ''))
  }

  it.each([
    ['commands', 'bailiwick ', NAMES.toSorted()],
    ['a command', 'bailiwick re', ['reject', 'replay', 'retry', 'restore']],
    ['options of the command', 'bailiwick run --re', ['--record', '--replay', '--replay-by']],
    ['choices of an option', 'bailiwick run --strategy ', ['auto', 'direct', 'plan']],
    ['choices after =', 'bailiwick run --strategy=d', ['--strategy=direct']],
    ['choices of an argument', 'bailiwick completion ', ['bash', 'fish', 'zsh']],
    ['files', 'bailiwick run --record sa', ['sales 2025.csv']],
    ['files after name=', 'bailiwick run -i x=sa', ['x=sales 2025.csv']],
    ['folders only', 'bailiwick run --out ', ['reports/']],
    ['nothing for free text', 'bailiwick cancel r1 --reason ', []],
  ])('completes %s', (_, line, expected) => {
    expect(complete(line).toSorted()).toEqual(expected)
  })
})
