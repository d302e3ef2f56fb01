/** How code and JSON calls name an agent: `web-search` becomes `web_search`. */
export function functionName(agent: string): string {
  return agent.replaceAll('-', '_').replace(/^(?=\d)/, '_')
}
