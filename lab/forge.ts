// A small forge on this machine with the API of GitHub, Gitea or GitLab.

export type { DeliveryOutcome } from './src/forge/delivery-outcomes.ts';
export { type LabForge, type LabForgeOptions, startForge } from './src/forge/forge.ts';
