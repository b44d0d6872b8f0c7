// Git as the lab's forge runs it: with a configuration of its own, and started by a small process.

export { runGit, startGit } from './src/forge/git/launcher.ts';
export { gitEnvironment } from './src/forge/git/repository.ts';
