// `phoenix lab`: runs a command with the programs of a simulated Proxmox host first on its PATH.
import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { constants as system } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { ageNearExpiry, createLab, LAB_PROGRAMS, setGuestState, startLabNetwork } from 'phoenix-lab/host';
import { makeFolders } from '../../io/make-folders.ts';
import { labForgeLines } from '../../messages/setup/lab.ts';
import { openLabForge } from './lab-forge.ts';

/**
 * Makes the lab in `dir` where there is none, sets the states of guests, lets time pass for certificates, and runs a command in it:
 * the lab's programs come first on its PATH, and a Phoenix among what runs takes the lab for its local host, with files and all.
 * Signals are passed on to it.
 * With `forge`, a forge answers as long as the command runs, which has the settings of an agent for it in its environment.
 * @param options numbers of guests that are to run or not to run
 * @param command a program and its arguments; a shell when empty
 * @returns the command's exit code; 127 when there is no such program, 2 when a guest's number is none, a certificate is not there
 * or `dir` is a file
 */
export async function runLab(
  dir: string,
  options: { running?: readonly string[]; stopped?: readonly string[]; age?: readonly string[]; forge?: boolean },
  command: readonly string[],
): Promise<number> {
  const states = [
    ...(options.running ?? []).map((id) => [id, 'running'] as const),
    ...(options.stopped ?? []).map((id) => [id, 'stopped'] as const),
  ];
  const wrong = states.find(([id]) => !/^[1-9]\d{2,8}$/.test(id));
  if (wrong !== undefined) {
    process.stderr.write(`phoenix lab: '${wrong[0]}' is not the number of a guest (100 to 999999999)\n`);
    return 2;
  }
  const file = statSync(dir, { throwIfNoEntry: false })?.isDirectory() === false;
  if (file) {
    process.stderr.write(`phoenix lab: ${dir} is not a folder\n`);
    return 2;
  }
  const [program = process.env.SHELL ?? '/bin/sh', ...args] = command;
  const path = [join(resolve(dir), 'bin'), process.env.PATH ?? ''].join(delimiter);
  // Before the lab is created, so that a misspelt one leaves nothing behind.
  if (!LAB_PROGRAMS.includes(program) && fileOf(program, path) === null) {
    process.stderr.write(`phoenix lab: there is no program '${program}', neither in the lab nor on this machine\n`);
    return 127;
  }
  await makeFolders(dir);
  createLab(dir);
  for (const [id, state] of states) {
    if (setGuestState(dir, Number(id), state)) continue;
    process.stderr.write(
      `phoenix lab: there is no guest ${id} yet: it is ${state} once its configuration is put there\n`,
    );
  }
  const complaint = (options.age ?? []).map((path) => ageNearExpiry(dir, path)).find((each) => each !== null);
  if (complaint !== undefined) {
    process.stderr.write(`phoenix lab: ${complaint}\n`);
    return 2;
  }
  const forge = options.forge === true ? await startedForge(dir) : null;
  const network = await startLabNetwork(dir);
  const code = await new Promise<number>((settle) => {
    let child: ChildProcess | undefined;
    // Signal handlers are installed first, since the command may be stopped right after its start.
    for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT'] as const) {
      // A terminal sends SIGINT to the whole group.
      process.on(signal, () => {
        if (signal !== 'SIGINT' || process.stdin.isTTY !== true) child?.kill(signal);
      });
    }
    child = spawn(fileOf(program, path) ?? program, args, {
      argv0: program,
      stdio: 'inherit',
      env: { ...process.env, ...forge?.settings, PATH: path, PHOENIX_LAB: resolve(dir) },
    });
    child.on('error', (error) => {
      process.stderr.write(`phoenix lab: cannot run '${program}': ${error.message}\n`);
      settle(127);
    });
    child.on('exit', (code, signal) => settle(code ?? 128 + (signal === null ? 0 : system.signals[signal])));
  });
  await network.close();
  await forge?.close();
  return code;
}

/**
 * The file of a program, as a shell finds it; null where there is none. A folder that is not there or that this user may not look into has none,
 * of which execvp of the C library passes over some only.
 */
function fileOf(program: string, path: string): string | null {
  if (program.includes('/')) return isFile(program) ? program : null;
  const files = path.split(delimiter).map((folder) => join(resolve(folder), program));
  return files.find((file) => isFile(file) && isExecutable(file)) ?? null;
}

function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Says on standard error where it answers: standard output belongs to the command. */
async function startedForge(dir: string) {
  const { forge, path, settings, agent } = await openLabForge(dir);
  const { PHOENIX_FORGE_TOKEN: token = '', REPOSITORY: pushUrl = forge.pushUrl } = settings;
  const page = forge.repositoryUrl.replace(/\.git$/, '');
  process.stderr.write(labForgeLines({ page, pushUrl, token, webhook: `${agent}/webhooks`, path }));
  return { settings, close: () => forge.close() };
}
