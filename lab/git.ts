// Git as the lab's forge runs it: with its own configuration, started by a small helper process.

export { runGit, startGit } from './src/forge/git/launcher.ts';
export { gitEnvironment } from './src/forge/git/repository.ts';
