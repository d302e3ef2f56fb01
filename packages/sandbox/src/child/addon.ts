import type IsolatedVm from 'isolated-vm'

/**
 * Loads the addon by its file: the child may not read `node_modules`, so nothing can be resolved.
 * Once: loading it twice aborts the process.
 */
export function loadAddon(file: string): typeof IsolatedVm {
  const holder: { exports: { ivm?: typeof IsolatedVm } } = { exports: {} }
  process.dlopen(holder, file)
  if (holder.exports.ivm === undefined) throw new Error(`no isolated-vm in ${file}`)
  return holder.exports.ivm
}
