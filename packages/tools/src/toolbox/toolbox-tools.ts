/** The names of the tools that ship. The toolbox needs credentials to host them. */
export const TOOLBOX_TOOLS = ['listFiles', 'readFile', 'writeArtifact', 'queryTable', 'drawChart'] as const
