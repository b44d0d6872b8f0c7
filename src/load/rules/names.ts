// Rules for the length of names that become target names.

import type { Diagnostic } from '../../config/diagnostic.ts';
import type { Place } from '../../config/read/place.ts';
import { placeIn } from '../../config/read/place.ts';
import type { Config } from '../../managers/config.ts';
import type { RuleContext } from '../../managers/rule.ts';
import { type TargetId, targetId } from '../../model/ids.ts';

/** Maximum length of a status name; documented by GitLab's API, observed with GitHub and Gitea. */
const MAX_CONTEXT = 255;

interface Named {
  readonly target: TargetId;
  readonly name: string;
  readonly at: Place;
}

/** NAME_TOO_LONG: the forge would not accept the status of the target. */
export function targetNamesFit({ config }: RuleContext): Diagnostic[] {
  return namedTargets(config).flatMap(({ target, name, at }): Diagnostic[] => {
    const over = `phoenix/${target}`.length - MAX_CONTEXT;
    if (over <= 0) return [];
    return [
      {
        code: 'NAME_TOO_LONG',
        at,
        message: `"${name.slice(0, 20)}…" has ${name.length} characters: on a commit its status would be called phoenix/${target.slice(0, 20)}… with ${MAX_CONTEXT + over}, and forges take ${MAX_CONTEXT}`,
        hint: `Choose a name of at most ${name.length - over} characters.`,
        target,
      },
    ];
  });
}

/** Targets with user-defined names; guests have numbers, and sections of the host fixed names. */
function namedTargets(config: Config): Named[] {
  return [
    ...config.certificates.map(({ commonName, writtenAt }) => ({
      target: targetId('certificate', commonName),
      name: commonName,
      at: placeIn(writtenAt, 'common_name'),
    })),
    ...config.vm.flatMap((vm): Named[] => [
      ...(vm.portainer.role === 'none'
        ? []
        : [
            {
              target: targetId('portainer', `environment.${vm.portainer.environmentName}`),
              name: vm.portainer.environmentName,
              at: placeIn(
                vm.writtenAt,
                vm.portainer.environmentName === vm.name ? 'name' : 'portainer_environment_name',
              ),
            },
          ]),
      ...vm.stacks.map(({ name }, index) => ({
        target: targetId('stack', `${vm.id}.${name}`),
        name,
        at: placeIn(vm.writtenAt, 'docker_stacks', index),
      })),
    ]),
  ];
}
