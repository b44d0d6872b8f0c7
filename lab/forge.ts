// A small forge on this machine that speaks as GitHub, Gitea or GitLab does.

export type { DeliveryOutcome } from './src/forge/delivery-outcomes.ts';
export { type LabForge, type LabForgeOptions, startForge } from './src/forge/forge.ts';
