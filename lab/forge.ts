// A small forge on this machine that speaks as GitHub, Gitea or GitLab does.

export type { Fate } from './src/forge/fates.ts';
export { type LabForge, type LabForgeOptions, startForge } from './src/forge/forge.ts';
