import type { AgentDefinition, Model, Sandbox, Tool } from '@bailiwick/core/contract'
import { InputError } from '@bailiwick/core/contract'

/** What agents of this process share, opened when it is first needed. */
export interface InProcess extends AsyncDisposable {
  readonly importsFrom: string
  model(definition: AgentDefinition): Promise<Model>
  sandbox(): Promise<Sandbox>
  tools(definition: AgentDefinition): Tool[]
}

/** Models and sandbox are loaded when an agent first needs them. */
export function openInProcess(importsFrom: string): InProcess {
  let sandbox: Promise<Sandbox> | undefined
  return {
    importsFrom,
    model,
    sandbox() {
      sandbox ??= import('@bailiwick/sandbox').then(({ createSandbox }) => createSandbox())
      return sandbox
    },
    tools: (definition) => (definition.tools ?? []).filter(isTool),
    async [Symbol.asyncDispose]() {
      await (await sandbox)?.[Symbol.asyncDispose]()
    },
  }
}

async function model({ model: wanted }: AgentDefinition): Promise<Model> {
  if (typeof wanted === 'object') return wanted
  const { detectModel, noModelMessage, resolveModel } = await import('@bailiwick/models')
  if (wanted !== undefined) return resolveModel(wanted)
  const found = await detectModel()
  if (found === undefined) throw new InputError(noModelMessage())
  return found.model
}

function isTool(tool: NonNullable<AgentDefinition['tools']>[number]): tool is Tool {
  return typeof tool === 'object' && 'run' in tool
}
