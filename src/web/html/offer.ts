// An offered action: the button for permitted users, and the equivalent command.

import { BUTTONS } from '../../messages/pages/actions.ts';
import { COMMANDS } from '../../messages/pages/commands.ts';
import { kindOf, nameOf } from '../../model/ids.ts';
import { mayAsk, type PageAction } from '../actions/page-actions.ts';
import type { Links } from '../links.ts';
import { command } from './components.ts';
import { type Html, html } from './html.ts';

/** @param lead text before it */
export function offer(action: PageAction, links: Links, lead: string | null = null): Html {
  const words = lead === null ? null : html`<span class="dim">${lead}:</span>`;
  return html`<div class="offer">${words} ${button(action, links)} ${command(commandOf(action))}</div>`;
}

/** Null if not permitted. */
export function button(action: PageAction, links: Links): Html {
  if (!mayAsk(links, action)) return null;
  switch (action.do) {
    case 'approve':
      return link(links.act(['approve', action.run, kindOf(action.target), nameOf(action.target)]), action);
    case 'freeze':
    case 'unfreeze':
    case 'look':
      return link(links.act([action.do]), action);
    case 'replay':
    case 'heal':
    case 'adopt':
      return html`<form method="post" action=${links.act([action.do])}>
        ${formToken(links)}
        ${action.do === 'replay' ? html`<input type="hidden" name="commit" value=${action.commit} />` : null}
        ${action.targets.map((target) => html`<input type="hidden" name="target" value=${target} />`)}
        <button>${action.do === 'heal' && action.targets.length === 0 ? BUTTONS.healAll : BUTTONS[action.do]}…</button>
      </form>`;
    default:
      return action satisfies never;
  }
}

function link(href: string, action: PageAction): Html {
  return html`<a class="button" href=${href}>${BUTTONS[action.do]}…</a>`;
}

/** The CSRF token of the session. */
export function formToken({ viewer }: Pick<Links, 'viewer'>): Html {
  return html`<input type="hidden" name="form" value=${viewer?.formToken ?? ''} />`;
}

function commandOf(action: PageAction): string {
  switch (action.do) {
    case 'approve':
      return COMMANDS.approve(action.run, action.target);
    case 'replay':
      return COMMANDS.replay(action.commit, ...action.targets);
    case 'heal':
      return COMMANDS.converge(...action.targets);
    case 'adopt':
      return COMMANDS.adopt(...action.targets);
    case 'freeze':
      return COMMANDS.freeze();
    case 'unfreeze':
      return COMMANDS.unfreeze();
    case 'look':
      return COMMANDS.drift();
    default:
      return action satisfies never;
  }
}
