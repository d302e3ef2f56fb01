import { existsSync, realpathSync } from 'node:fs'
import { dirname } from 'node:path'
import { findBubblewrap } from './bubblewrap.ts'
import type { ChildFiles } from './child-files.ts'
import { findProgram } from './find-program.ts'
import { seccompFilter } from './seccomp-filter.ts'

/** What is put around the child beyond the runtime's own walls. */
export interface Layers {
  /** `prlimit`: address space, open files, core dumps, file size. */
  limits: boolean
  /** `bwrap`: namespaces without network, no files but those named, no capabilities. */
  container: boolean
  /** A seccomp filter within the container. */
  seccomp: boolean
}

/** How to start one child inside its layers. */
export interface WrappedCommand {
  command: string
  args: string[]
  /** What a container needs besides; absent where there is none. */
  container?: {
    /** On this file descriptor it says which process is the child. */
    infoFd: number
    /** A line on this one says that the child runs; where it ends before that, so does all that was started. */
    setUpFd: number
    /** On this one it reads the filter. */
    filter?: { fd: number; bytes: Buffer }
  }
}

const INFO_FD = 5
const FILTER_FD = 6
const SET_UP_FD = 7
/**
 * Bubblewrap's first process binds its life to this one's (`--die-with-parent`), and only then lets its second go on.
 * Should this process die in between, the second waits for ever for a first that is gone. So both have a process group
 * of their own, with a third process in it that reads a pipe from here: a line ends it, and where the pipe ends
 * without one, it kills the group.
 */
const GUARDED = `{ read -r _ <&${SET_UP_FD} || kill -s KILL -- -$$; } 2>&- 3<&- 4>&- ${INFO_FD}>&- ${FILTER_FD}<&- & exec "$@" ${SET_UP_FD}<&-`
/** V8 reserves far more address space than it uses: 1.5 GiB is too little to start. */
const ADDRESS_SPACE_BASE_MB = 3_840
const OPEN_FILES = 64

/** Every layer that this machine has a program for. Whether it works is the probe's business. */
export function availableLayers(): Layers {
  if (process.platform !== 'linux') return { limits: false, container: false, seccomp: false }
  const container = findBubblewrap() !== undefined && findProgram('sh') !== undefined
  return {
    limits: findProgram('prlimit') !== undefined,
    container,
    seccomp: container && seccompFilter() !== undefined,
  }
}

/** Puts the layers around a command. */
export function wrapCommand(
  layers: Layers,
  files: ChildFiles,
  command: readonly string[],
  memoryMb: number,
  environment: Readonly<Record<string, string>>,
): WrappedCommand {
  const inner = layers.limits ? [...limitArguments(memoryMb), ...command] : [...command]
  if (!layers.container) {
    const [program = '', ...args] = inner
    return { command: program, args }
  }
  const filter = layers.seccomp ? seccompFilter() : undefined
  const bubblewrap = [
    findBubblewrap() ?? 'bwrap',
    ...['--unshare-all', '--die-with-parent', '--new-session', '--cap-drop', 'ALL', '--clearenv'],
    ...Object.entries(environment).flatMap(([name, value]) => ['--setenv', name, value]),
    ...readable(files),
    ...['--proc', '/proc', '--chdir', files.folder, '--info-fd', String(INFO_FD)],
    ...(filter === undefined ? [] : ['--seccomp', String(FILTER_FD)]),
    '--',
    ...inner,
  ]
  return {
    command: findProgram('sh') ?? 'sh',
    args: ['-c', GUARDED, 'sh', ...bubblewrap],
    container: {
      infoFd: INFO_FD,
      setUpFd: SET_UP_FD,
      ...(filter !== undefined && { filter: { fd: FILTER_FD, bytes: filter } }),
    },
  }
}

function limitArguments(memoryMb: number): string[] {
  const space = (ADDRESS_SPACE_BASE_MB + memoryMb) * 1_048_576
  const program = findProgram('prlimit') ?? 'prlimit'
  return [program, `--as=${space}`, '--core=0', '--fsize=0', `--nofile=${OPEN_FILES}`, '--']
}

/** The runtime, what it is linked with, the child's own folder and the addon; nothing else exists inside. */
function readable({ folder, addon }: ChildFiles): string[] {
  const node = realpathSync(process.execPath)
  const places = ['/lib', '/lib64', '/usr/lib', '/usr/lib64', '/usr/bin/prlimit', '/bin/prlimit'].filter(
    (place) => existsSync(place),
  )
  return [...places, node, process.execPath, folder, dirname(addon)].flatMap((place) => [
    '--ro-bind',
    place,
    place,
  ])
}
