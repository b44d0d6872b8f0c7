// Checks the forge's webhook and whether its deliveries arrive at the agent.

import { certificateSentence } from '../../io/authorities.ts';
import { type Hook, type HooksSeen, observeHooks } from '../../io/forge/doctor/hooks.ts';
import type { ForgeOptions } from '../../io/forge/options.ts';
import { openRedactor } from '../../io/redact.ts';
import { undeliveredRemedy } from '../../messages/faults.ts';
import { splitRemedy } from '../../model/failure.ts';
import type { Refusal } from '../../ports/deliveries.ts';
import type { Settings } from '../../settings.ts';
import type { Io } from '../io.ts';
import { forgeOptions } from '../rehearse/open-host.ts';
import { type Arrivals, arrivalsOf } from './arrivals.ts';
import { BOXES, type Box, missingOf, namesOf } from './boxes.ts';
import type { Diagnostic } from './diagnostic.ts';

/** Time limit for a test delivery. */
const ARRIVES_MS = 8_000;
const LOOK_EVERY_MS = 250;
const CHECK = 'webhook';

type Sent = Pick<Settings, 'publicUrl' | 'webhookContentType'>;

export async function checkWebhook(settings: Settings, io: Pick<Io, 'env'>): Promise<readonly Diagnostic[]> {
  try {
    const options = forgeOptions(settings, openRedactor());
    if (options === null) return arrivalDiagnostics(await arrivalsOf(settings, io), null, null);
    const seen = await observeHooks(options);
    const { diagnostics, hook } = checkHooks(seen, options, settings);
    const test = seen.seen && hook?.active === true ? seen.test : null;
    const sending = test === null || hook === null ? null : () => test(hook);
    return [...diagnostics, ...(await arrivalDiagnostics(await arrivalsOf(settings, io), sending, options))];
  } catch (error) {
    const why = certificateSentence(error) ?? (error instanceof Error ? error.message : String(error));
    return [skipped(`the forge cannot be asked for its webhooks: ${why}`, 'fix what the check of the forge reports')];
  }
}

/** Pure. Finds the webhook of this agent and its faults. */
export function checkHooks(
  seen: HooksSeen,
  { kind, login }: Pick<ForgeOptions, 'kind' | 'login'>,
  sent: Sent,
): { readonly diagnostics: readonly Diagnostic[]; readonly hook: Hook | null } {
  const boxes = kind === 'none' ? [] : BOXES[login.as === 'app' ? 'app' : kind];
  const where = `${sent.publicUrl ?? 'http://…'}/webhooks`;
  const type = kind === 'gitlab' ? '' : `, the content type ${MIME[sent.webhookContentType]}`;
  const wanted = `the address ${where}${type}, and ${namesOf(boxes)}`;
  if (!seen.seen) {
    const lan = kind === 'gitea' ? `; ${ALLOWED_HOSTS}` : '';
    const message = `the login may not read webhooks (${seen.why}), which requires ${SEES[kind]}`;
    return { diagnostics: [skipped(message, `check by hand that it has ${wanted}${lan}`)], hook: null };
  }
  const hook = ours(seen.hooks, sent.publicUrl);
  if (hook === null) {
    const missing =
      seen.hooks.length === 0
        ? 'the repository has no webhook'
        : 'no webhook of the repository has the address of this agent';
    return { diagnostics: [warning(missing, `create one with ${wanted}`)], hook: null };
  }
  const diagnostics = hookFaults(hook, kind, where, missingOf(boxes, hook.events), sent);
  if (diagnostics.length > 0) return { diagnostics, hook };
  return {
    diagnostics: [{ check: CHECK, state: 'ok', message: `${hook.url} has every required setting`, hint: null }],
    hook,
  };
}

/** @param where the address that it should have; `missing` are boxes that are not ticked */
function hookFaults(
  hook: Hook,
  kind: ForgeOptions['kind'],
  where: string,
  missing: readonly Box[],
  { publicUrl, webhookContentType }: Sent,
): Diagnostic[] {
  const found: Diagnostic[] = [];
  if (!hook.active) found.push(failed(`${hook.url} is not active, so nothing is sent`, 'activate it at the forge'));
  if (URL.parse(hook.url)?.pathname.endsWith('/webhooks') !== true)
    found.push(failed(`${hook.url || 'its address'} does not end in /webhooks`, `set it to ${where}`));
  if (publicUrl !== null && !hook.url.startsWith(`${publicUrl}/`)) {
    const hint = `set it to ${where}, unless the forge reaches the agent by another name`;
    found.push(warning(`${hook.url} is not below PHOENIX_PUBLIC_URL`, hint));
  }
  if (kind !== 'gitlab' && hook.contentType !== webhookContentType) {
    const hint = `set its content type to ${MIME[webhookContentType]}, or PHOENIX_WEBHOOK_CONTENT_TYPE=${hook.contentType}`;
    found.push(failed(`its content type is ${MIME[hook.contentType]}`, hint));
  }
  if (missing.length > 0) found.push(failed(`it does not send ${namesOf(missing)}`, 'tick these boxes at the forge'));
  if (hook.last !== null && !hook.last.ok)
    found.push(failed(`its last delivery failed (${hook.last.said})`, undeliveredRemedy(hook.last.code)));
  return found;
}

const MIME = { json: 'application/json', form: 'application/x-www-form-urlencoded' } as const;
const ALLOWED_HOSTS =
  'for an address of its own network, webhook.ALLOWED_HOST_LIST in app.ini must name it (external alone is the default)';
const SEES: Readonly<Record<ForgeOptions['kind'], string>> = {
  github: 'the permission "Webhooks: read", or the scope admin:repo_hook',
  gitea: 'an administrator of the repository',
  gitlab: 'the role Maintainer',
  none: '',
};

/** The webhook with the exact address, else with this host, else with our path. */
function ours(hooks: readonly Hook[], publicUrl: string | null): Hook | null {
  const wanted = publicUrl === null ? null : URL.parse(publicUrl);
  const rank = ({ url }: Hook): number => {
    const at = URL.parse(url);
    if (at === null) return 0;
    const named = wanted !== null && at.host === wanted.host ? 2 : 0;
    return named + (at.pathname.replace(/\/+$/, '').endsWith('/webhooks') ? 1 : 0);
  };
  const [best] = hooks.filter((hook) => rank(hook) > 0).toSorted((a, b) => rank(b) - rank(a));
  return best ?? null;
}

/** @param sending triggers a test delivery or returns why it cannot */
async function arrivalDiagnostics(
  arrivals: Arrivals,
  sending: (() => Promise<string | null>) | null,
  options: Pick<ForgeOptions, 'kind'> | null,
): Promise<readonly Diagnostic[]> {
  if (!arrivals.known) {
    return [skipped(`it is not known whether webhooks arrive: ${arrivals.why}`, arrivals.remedy)];
  }
  const blocked = options?.kind === 'gitea' ? `; ${ALLOWED_HOSTS}` : '';
  const reach = `check its recent deliveries at the forge, its secret, and whether the forge reaches the address${blocked}`;
  if (sending !== null) {
    const before = JSON.stringify(arrivals.last);
    const refused = await sending();
    if (refused === null) {
      for (const end = performance.now() + ARRIVES_MS; performance.now() < end; ) {
        const now = await arrivals.again();
        if (now !== null && JSON.stringify(now) !== before) {
          return [
            { check: CHECK, state: 'ok', message: `a test delivery arrived at the agent (${now.event})`, hint: null },
          ];
        }
        await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
      }
      return [failed(`a test delivery did not arrive at the agent within ${ARRIVES_MS / 1_000} seconds`, reach)];
    }
  }
  const { last } = arrivals;
  if (last === null)
    return [
      warning(
        'no delivery has arrived at the agent yet',
        `push something, or let the forge send a test delivery; ${reach}`,
      ),
      ...refusedDiagnostics(arrivals.refused),
    ];
  return [
    { check: CHECK, state: 'ok', message: `the last delivery arrived at ${last.at} (${last.event})`, hint: null },
    ...refusedDiagnostics(arrivals.refused),
  ];
}

/** Not a failure: anybody who reaches the address can send one. */
function refusedDiagnostics(refused: Refusal | null): readonly Diagnostic[] {
  if (refused === null) return [];
  const { description, remedy } = splitRemedy(refused.why);
  const hint = `if the forge sent it, ${remedy ?? 'see its recent deliveries'}; anybody else who reaches the address can send one too`;
  return [warning(`the agent has refused one since, at ${refused.at}: ${description}`, hint)];
}

function failed(message: string, hint: string): Diagnostic {
  return { check: CHECK, state: 'failed', message, hint };
}

function warning(message: string, hint: string): Diagnostic {
  return { check: CHECK, state: 'warning', message, hint };
}

function skipped(message: string, hint: string): Diagnostic {
  return { check: CHECK, state: 'skipped', message, hint };
}
