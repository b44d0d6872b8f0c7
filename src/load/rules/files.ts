// Rules for references to files: scripts, stacks and files must exist in the repository.

import type { Diagnostic } from '../../config/diagnostic.ts';
import type { Place } from '../../config/read/place.ts';
import { placeIn } from '../../config/read/place.ts';
import type { Guest } from '../../managers/config.ts';
import { allGuests, targetOf } from '../../managers/guest/guests.ts';
import type { RuleContext } from '../../managers/rule.ts';
import { stackTarget } from '../../managers/stack/target.ts';
import type { VmGuest } from '../../managers/vm/declared.ts';

/** MISSING_FILE: a feature that neither the repository nor Phoenix provides, an application script, or a health check script. */
export function namedScriptsExist({ config, files }: RuleContext): Diagnostic[] {
  return allGuests(config).flatMap((guest) =>
    scriptsOf(guest)
      .filter(({ blob, path }) => blob === null && !path.startsWith('etc/features/'))
      .map(({ path, at, what, hint }): Diagnostic => {
        const isLink = files.get(path)?.kind === 'symlink';
        const message = isLink
          ? `${what} is a symbolic link, which is not followed: ${path}`
          : `${what} is missing: ${path}`;
        return { code: 'MISSING_FILE', at, message, hint, target: targetOf(guest) };
      }),
  );
}

interface NamedScript {
  readonly path: string;
  readonly blob: string | null;
  readonly at: Place;
  readonly what: string;
  readonly hint: string;
}

/** Every script that a guest references. */
export function scriptsOf(guest: Guest): NamedScript[] {
  const add = 'Add the file to the repository, or correct the name.';
  const scripts: NamedScript[] = guest.features.map(({ name, path, blob }, index) => ({
    path,
    blob,
    at: placeIn(guest.writtenAt, 'features', index),
    what: `the script of feature "${name}"`,
    hint: `Phoenix ships no feature "${name}": add ${path}, or correct the name.`,
  }));
  if (guest.kind === 'lxc' && guest.applicationScript !== null) {
    const at = placeIn(guest.writtenAt, 'application_script');
    scripts.push({ ...guest.applicationScript, at, what: 'the application script', hint: add });
  }
  const check = guest.healthCheck?.script ?? null;
  if (check !== null) {
    const at = placeIn(guest.writtenAt, 'health_check', 'command');
    scripts.push({ ...check, at, what: 'the script of the health check', hint: add });
  }
  return scripts;
}

/** MISSING_FILE: a VM runs a stack without manifest or compose file. */
export function usedStacksAreComplete({ config, files }: RuleContext): Diagnostic[] {
  return config.vm.flatMap((vm) =>
    vm.stacks.flatMap(({ name }, index) =>
      ['phoenix.json', 'docker-compose.yml']
        .map((file) => `stacks/${name}/${file}`)
        .filter((path) => !files.has(path))
        .map(
          (path): Diagnostic => ({
            code: 'MISSING_FILE',
            at: placeIn(vm.writtenAt, 'docker_stacks', index),
            message: `stack "${name}" has no ${path}`,
            hint: 'Add the file, or correct the name of the stack.',
            target: stackTarget(vm.id, name),
          }),
        ),
    ),
  );
}

/** MISSING_FILE: an environment of a VM's stack references a missing file. */
export function filesOfStacksExist({ config }: RuleContext): Diagnostic[] {
  return config.vm.flatMap((vm) =>
    vm.stacks.flatMap(({ name, environment: used }) => {
      const environment = config.stacks.get(name)?.environments[used];
      if (environment === undefined) return [];
      return environment.files.flatMap(({ path, blob }, index) =>
        blob === null ? [missingFile(vm, name, path, placeIn(environment.writtenAt, 'files', index, 'source'))] : [],
      );
    }),
  );
}

function missingFile(vm: VmGuest, stack: string, path: string, at: Place): Diagnostic {
  return {
    code: 'MISSING_FILE',
    at,
    message: `the file ${path} of stack "${stack}" is missing`,
    hint: 'Add the file to the repository, or correct the path.',
    target: stackTarget(vm.id, stack),
  };
}
