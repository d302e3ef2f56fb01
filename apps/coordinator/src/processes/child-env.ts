/** Of the daemon's environment, what every child needs to run at all. */
const SYSTEM = [
  'PATH',
  'HOME',
  'TMPDIR',
  'TEMP',
  'TMP',
  'LANG',
  'LC_ALL',
  'SystemRoot',
  'SSL_CERT_FILE',
  'NODE_EXTRA_CA_CERTS',
]

/** What the models are reached with; by prefix, because every provider has names of its own. */
const MODELS = /^(OPENAI|OLLAMA|OPENROUTER|ANTHROPIC|GEMINI|GOOGLE|LMSTUDIO|VLLM|LLAMACPP|BAILIWICK_MODEL)/
/** Where a host's sandbox looks for bubblewrap and keeps bundles. */
const SANDBOX = ['BWRAP_BIN', 'XDG_CACHE_HOME']
const PROXIES = /^(https?|no|all)_proxy$/i

/** The environment of a process that may not have keys: the toolbox. */
export function keylessEnv(env: NodeJS.ProcessEnv): Record<string, string> {
  return pick(env, (name) => SYSTEM.includes(name))
}

/** The environment of a process that calls models: an agent host. */
export function modelEnv(env: NodeJS.ProcessEnv): Record<string, string> {
  const named = [...SYSTEM, ...SANDBOX]
  return pick(env, (name) => named.includes(name) || MODELS.test(name) || PROXIES.test(name))
}

function pick(env: NodeJS.ProcessEnv, wanted: (name: string) => boolean): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) =>
      value !== undefined && wanted(name) ? [[name, value]] : [],
    ),
  )
}
