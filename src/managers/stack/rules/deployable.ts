// Finds inputs of a compose file that will not exist: Portainer gets only its text, and the containers run on the VM. No file is beside it, and what
// is read while a stack is started is read in Portainer's own container (portainer/portainer, pkg/libstack/compose/composeplugin.go, createProject).
// Portainer's own stack is started by Docker Compose in the VM.

import type { ComposeNeed, NeedKind } from '../../../compose/contents.ts';
import { interpolate, knownVariables } from '../../../compose/interpolation.ts';
import { starts } from '../../../compose/services.ts';
import type { Diagnostic } from '../../../config/diagnostic.ts';
import { serverStackOf } from '../../portainer-api/server-stack.ts';
import type { RuleContext } from '../../rule.ts';
import type { StackEnvironment } from '../declared.ts';
import { targetOnVm } from '../target.ts';
import { inCompose, type Use, uses } from './compose.ts';

/** NOT_DEPLOYABLE, UNKNOWN_REFERENCE, NO_EFFECT: each at its line. */
export function stacksHoldAllTheyNeed({ config }: RuleContext): Diagnostic[] {
  return uses(config.vm, config.stacks).flatMap((use) => {
    const environment = use.stack.environments[use.use.environment];
    if (environment === undefined) return [];
    const isServer = serverStackOf(config, use.vm)?.name === use.stack.name;
    const target = targetOnVm(use.vm, use.stack.name, config);
    return use.stack.compose.needs
      .filter((need) => isAsked(need, use, environment))
      .flatMap((need): Diagnostic[] => {
        const fault = isServer ? faultInVm(need, environment) : faultInPortainer(need, environment);
        return fault === null ? [] : [{ ...inCompose(use.stack, need, use.vm), ...fault, target }];
      });
  });
}

/** A need of a service that does not start is not checked; one that belongs to no service is. */
function isAsked({ services }: ComposeNeed, { stack }: Use, environment: StackEnvironment): boolean {
  const variables = knownVariables(environment.variables);
  return services.length === 0 || services.some((name) => starts(stack.compose.profiles[name]?.names, variables));
}

type Fault = Pick<Diagnostic, 'code' | 'message' | 'hint'>;

/** File that Portainer writes beside the compose file, with the variables of the stack (api/exec/compose_stack.go, createEnvFile). */
const VARIABLES_FILE = /^(\.\/)*stack\.env$/;

const NOTHING_BESIDE = 'Portainer is given the text of this file alone, so nothing lies beside it';

/** Why Portainer, which gets only the text, could not provide a need; null where it can. */
export function faultInPortainer(need: ComposeNeed, environment: Pick<StackEnvironment, 'variables'>): Fault | null {
  const name = interpolate(need.name, knownVariables(environment.variables));
  if (name === null) return null;
  switch (need.what) {
    case 'bind':
      return /^[.~]/.test(name) ? relative(name) : null;
    case 'path':
      return name.startsWith('/') ? null : relative(name);
    case 'env_file':
    case 'optional_env_file':
      if (VARIABLES_FILE.test(name)) return null;
      return need.what === 'env_file' ? unread(name, VARIABLES_HINT) : neverThere(name);
    case 'seccomp':
      return unread(name, 'Leave it out, or set seccomp:unconfined.');
    case 'provider':
      return refused(
        `the provider "${name}" is a program that Portainer does not have`,
        'Run it as a service with an image.',
      );
    case 'models':
      return refused(
        `the model "${name}" needs a plugin of Docker that Portainer does not have`,
        'Run what serves the model as a service with an image.',
      );
    default:
      return elsewhere(need.what, name);
  }
}

/** Docker Compose in the VM can read the VM's files; beside the compose file there is only what containers left. */
function faultInVm(need: ComposeNeed, environment: StackEnvironment): Fault | null {
  const name = interpolate(need.name, knownVariables(environment.variables));
  if (name === null || need.what === 'provider' || need.what === 'models' || need.what === 'optional_env_file')
    return null;
  if (need.what === 'bind' || need.what === 'path') return null;
  const isFile = need.what === 'env_file' || need.what === 'label_file' || need.what === 'seccomp';
  if (isFile) return /^[/~]/.test(name) ? null : unread(name, 'Write its absolute path in the VM.');
  return elsewhere(need.what, name);
}

/** Needs that cannot be met whoever starts the stack. */
function elsewhere(what: NeedKind, name: string): Fault | null {
  switch (what) {
    case 'label_file':
      return unread(name, 'Write the labels into "labels" of the service.');
    case 'build':
      return refused(
        `it is built from ${name}, and ${NOTHING_BESIDE}`,
        'Build the image elsewhere, push it to a registry that the VM reaches, and name it in "image" without "build".',
      );
    case 'extends':
      return refused(
        `it extends a service of ${name}, and ${NOTHING_BESIDE}`,
        'Write what it takes over into this file.',
      );
    case 'include':
      return refused(
        `it includes ${name}, and ${NOTHING_BESIDE}`,
        'Write it into this file, or make it a stack of its own.',
      );
    case 'swarm':
      return refused(
        `"${name}" is one of a swarm, and Docker Compose takes none from there`,
        'Give its content with "content" or "environment", or a file of the VM with "file".',
      );
    case 'undefined':
      return {
        code: 'UNKNOWN_REFERENCE',
        message: `the service needs ${name}, and the file has none`,
        hint: 'Docker Compose refuses the whole file for it: add it, or remove what mentions it.',
      };
    case 'ignored':
      return {
        code: 'NO_EFFECT',
        message: `Docker Compose does nothing with ${name}`,
        hint: 'Remove it.',
      };
    default:
      return null;
  }
}

const VARIABLES_HINT =
  'Give the stack its variables in phoenix.json and write "env_file: stack.env": Portainer writes them there. Or list them in "environment".';

function relative(name: string): Fault {
  return refused(
    `${name} is no absolute path, and ${NOTHING_BESIDE}: what containers see there is empty`,
    'Write an absolute path of the VM, use a volume, or hand the file in with "files" of the environment in phoenix.json, which adds the mount by itself.',
  );
}

function unread(name: string, hint: string): Fault {
  const where = name.startsWith('/') ? "it is read in Portainer's container, not in the VM" : NOTHING_BESIDE;
  return refused(`${name} cannot be read: ${where}`, hint);
}

function neverThere(name: string): Fault {
  return {
    code: 'NO_EFFECT',
    message: `${name} is never there: Portainer is given the text of this file alone`,
    hint: VARIABLES_HINT,
  };
}

function refused(message: string, hint: string): Fault {
  return { code: 'NOT_DEPLOYABLE', message, hint };
}
