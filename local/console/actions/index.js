// Every kind of request and what each role can do, as one table.

import { account } from "./account.js";
import { blood } from "./blood.js";
import { consultations } from "./consultation.js";
import { conversation } from "./conversation.js";
import { medicine } from "./medicine.js";
import { work } from "./work.js";

const KINDS = [medicine, blood, work, consultations, conversation, account];

const byId = new Map(KINDS.flatMap((kind) => kind.actions).map((action) => [action.id, action]));

/** What a role can do: `[{label, actions}]`, kind by kind. */
export function actionsFor(role) {
  return KINDS
    .map(({ label, actions }) => ({ label, actions: actions.filter((action) => action.roles.includes(role)).map(withRole(role)) }))
    .filter(({ actions }) => actions.length > 0);
}

/** The lists by which the page learns of the requests of somebody who has that role. */
export function listsOf(role) {
  return actionsFor(role).flatMap(({ actions }) => actions).filter((action) => action.first);
}

export function actionById(id, role) {
  return withRole(role)(byId.get(id));
}

/** The path of a profile has the role in it. */
const withRole = (role) => (action) => ({ ...action, path: action.path?.replace("{role}", role.toLowerCase()) });

/** The buttons beside a message, for whoever has that role: an action and what the message fills in. */
export function offersFor(message, role) {
  const found = KINDS.flatMap(({ offers }) => offers[message.channel] ?? offers[message.type] ?? []);
  return found.filter((offer) => byId.get(offer.action).roles.includes(role));
}

/** A message in a sentence. */
export function sentenceOf(message) {
  for (const { says } of KINDS) {
    const sentence = says[message.type]?.(message);
    if (sentence) return sentence;
  }
  return typeof message.message === "string" ? message.message : message.error ?? "";
}

/** What a message tells of a request; null if nothing. */
export function newsIn(message, person) {
  for (const kind of KINDS) {
    const news = kind.learns(message, person);
    if (news?.id) return news;
  }
  return null;
}
