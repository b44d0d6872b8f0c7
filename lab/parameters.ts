// Whether Proxmox's programs would take a command's parameters, by its own table.

export { type ApiCall, checkApiCall } from './src/proxmox/parameters/api-call.ts';
export { checkParameters, type Parameters, resolveVerb } from './src/proxmox/parameters/check.ts';
