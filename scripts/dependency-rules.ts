/**
 * Which package may import which. The order is the architecture's: contract at the bottom, the
 * coordinator on top. `scripts/check-dependencies.ts` holds the code to it.
 */

/** By package folder: the workspace imports it may use. `@bailiwick/contract/world` is the part without zod. */
export const WORKSPACE_IMPORTS: Record<string, readonly string[]> = {
  'packages/contract': [],
  'packages/core': ['@bailiwick/contract'],
  'packages/debian': [],
  'packages/nats-server': ['@bailiwick/debian'],
  'packages/sandbox': ['@bailiwick/contract/world', '@bailiwick/debian'],
  'packages/models': ['@bailiwick/contract'],
  'packages/bus': ['@bailiwick/contract'],
  'packages/tools': ['@bailiwick/core', '@bailiwick/contract', '@bailiwick/bus'],
  'packages/client': ['@bailiwick/bus'],
  'packages/agent': [
    '@bailiwick/core',
    '@bailiwick/contract',
    '@bailiwick/core/journal',
    '@bailiwick/core/inputs',
    '@bailiwick/models',
    '@bailiwick/sandbox',
    '@bailiwick/sandbox/imports',
    '@bailiwick/bus',
  ],
  'packages/agents/analyst': ['@bailiwick/core'],
  'packages/agents/writer': ['@bailiwick/core'],
  'apps/coordinator': ['@bailiwick/*'],
  'apps/cli': ['@bailiwick/*'],
  // It judges the project from outside: what it shared with it, it could not find fault with.
  'chaos/judge': [],
}

/** Heavy or dangerous packages, and the only folders that may import them. */
export const CONFINED_IMPORTS: readonly { packages: RegExp; folders: readonly string[]; why: string }[] = [
  {
    packages: /^@langchain\//,
    folders: ['apps/coordinator/src/'],
    why: 'it costs 100 MiB and 340 ms: only the daemon pays',
  },
  {
    packages: /^isolated-vm$/,
    folders: ['packages/sandbox/src/child/'],
    why: 'it may crash its process: only the guarded child loads it',
  },
  {
    packages: /^@nats-io\//,
    folders: ['packages/bus/', 'packages/nats-server/', 'chaos/judge/'],
    why: 'everything else speaks to the bus package',
  },
  {
    packages: /^(openai|ollama)$/,
    folders: ['packages/models/'],
    why: 'everything else speaks to the models package',
  },
]

/** Imports that must be dynamic, so that who does not need them does not load them. */
export const LAZY_IMPORTS: readonly { packages: RegExp; within: string; except: readonly string[] }[] = [
  { packages: /^@bailiwick\/bus$/, within: 'packages/agent/src/', except: ['packages/agent/src/host/'] },
  { packages: /^(openai|ollama)$/, within: 'packages/models/src/', except: [] },
]
