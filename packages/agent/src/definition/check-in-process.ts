import { type AgentDefinition, DefinitionError, type Tool, type ToolRef } from '@bailiwick/contract'

/**
 * Holds an agent of this process to what this process has: names of tools and agents mean something on the
 * bus only.
 *
 * @throws DefinitionError that names everything that is not here
 */
export function checkInProcess(definition: AgentDefinition): void {
  const problems = problemsOf(definition)
  if (problems.length > 0) {
    throw new DefinitionError(
      `agent "${definition.name}" cannot work in this process:\n- ${problems.join('\n- ')}`,
    )
  }
}

/** The tools that a definition brings with it, with their code. */
export function ownTools({ tools = [] }: AgentDefinition): Tool[] {
  return tools.filter(isTool)
}

function problemsOf({ name, tools = [], delegates = [] }: AgentDefinition): string[] {
  const missing = tools
    .filter((tool) => !isTool(tool))
    .map((tool) => (typeof tool === 'string' ? tool : tool.name))
  return [
    ...missing.map(
      (tool) =>
        `tool "${tool}" of ${name} has no code here: pass what defineTool returned, or host the agent on the bus`,
    ),
    ...delegates.flatMap((delegate) =>
      typeof delegate === 'string'
        ? [
            `delegate "${delegate}" of ${name} is a name only: pass its definition, or host the agent on the bus`,
          ]
        : problemsOf(delegate),
    ),
  ]
}

function isTool(tool: ToolRef): tool is Tool {
  return typeof tool === 'object' && 'run' in tool
}
