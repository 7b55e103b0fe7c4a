/* What holds wherever something is decided: it has been on the screen, and what is of high risk is confirmed by a word.
   The server holds to both as well. */

/* Nothing decides what has not been on the screen for this long. */
export const READ_MS = 1000;

export const isConfirmed = (field) => !field || field.value.trim().toLowerCase() === field.dataset.word.toLowerCase();
export const askToConfirm = (field) => `To approve what is of high risk, type ${field.dataset.word}.`;
