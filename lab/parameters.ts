// Checks a command's parameters as Proxmox's programs do, by their own schemas.

export { type ApiCall, checkApiCall } from './src/proxmox/parameters/api-call.ts';
export { checkParameters, type Parameters, resolveVerb } from './src/proxmox/parameters/check.ts';
