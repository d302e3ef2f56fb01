import { readdirSync, readFileSync } from 'node:fs'

/** A process that belongs to the stage. */
export interface StageProcess {
  pid: number
  parent: number
  command: string
}

/** Every process that the folder's processes started, and those whose command line names it. Linux: reads /proc. */
export function processesOf(folder: string): StageProcess[] {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8')
        const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
        const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ')
        const environment = readFileSync(`/proc/${name}/environ`, 'utf8')
        if (state === 'Z') return []
        return [
          {
            pid: Number(name),
            parent: Number(parent),
            command,
            named: (command + environment).includes(folder),
          },
        ]
      } catch {
        return [] // Gone meanwhile.
      }
    })
  const found = all.filter(({ named }) => named)
  for (const { pid } of found) {
    for (const other of all) if (other.parent === pid && !found.includes(other)) found.push(other)
  }
  return found.map(({ pid, parent, command }) => ({ pid, parent, command }))
}

/** What a process is, by its command line. */
export function kindOf({ command }: StageProcess): Kind | undefined {
  return KINDS.find(([, pattern]) => pattern.test(command))?.[0]
}

const KINDS = [
  ['tool host', /tool-host\.ts/],
  ['daemon', /daemon\/main\.js/],
  ['toolbox', /toolbox-main\.js/],
  ['nats-server', /nats\.conf/],
  ['sandbox', /box\/child\.cjs/],
  ['host', /host\/main\.js.*\.mjs/],
] as const
export type Kind = (typeof KINDS)[number][0]
