/** The names of the shipped tools: what the toolbox's credentials must let it host. */
export const TOOLBOX_TOOLS = ['listFiles', 'readFile', 'writeArtifact', 'queryTable', 'drawChart'] as const
