/** Variables that every child needs. */
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
  'NODE_COMPILE_CACHE',
]

/** Variables that the models need, by prefix because each provider has its own names. */
const MODELS = /^(OPENAI|OLLAMA|OPENROUTER|ANTHROPIC|GEMINI|GOOGLE|LMSTUDIO|VLLM|LLAMACPP|BAILIWICK_MODEL)/
/** Where a host's sandbox looks for bubblewrap and caches bundles. */
const SANDBOX = ['BWRAP_BIN', 'XDG_CACHE_HOME']
const PROXIES = /^(https?|no|all)_proxy$/i

/** The environment of the toolbox, which gets no keys. */
export function keylessEnv(env: NodeJS.ProcessEnv): Record<string, string> {
  return pick(env, (name) => SYSTEM.includes(name))
}

/** The environment of an agent host, which calls models. */
export function modelEnv(env: NodeJS.ProcessEnv): Record<string, string> {
  const named = [...SYSTEM, ...SANDBOX]
  return pick(env, (name) => named.includes(name) || MODELS.test(name) || PROXIES.test(name))
}

function pick(env: NodeJS.ProcessEnv, isPicked: (name: string) => boolean): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) =>
      value !== undefined && isPicked(name) ? [[name, value]] : [],
    ),
  )
}
