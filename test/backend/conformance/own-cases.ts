// Cases of our own, for what the official suites leave out and a reader found missing: each held to the source its suite
// names, realtime.md or supabase/realtime's own SQL and dispatcher.

/** Names of cases by suite, one a line. None of them depends on the protocol's version. */
export const ownCases = {
  'own/apply_rls': `
    a subscriber whose subject is a number gets an error, and the others their rows
    a subscriber whose subject is an object gets an error, and the others their rows
    a subscriber whose claim a policy can’t read gets an error, and the others their rows
    a role that is not there is refused, and nobody else misses a row
    without a primary key there is an error in place of the row, row security or not; a deletion is told
    a role that may not read the primary key gets 401 in place of the row, but not of a deletion
    a role that may read nothing hears that a row is gone, and no more
    a column may be called like anything of ours
    a long value that did not change is taken from the old row, when that was kept`,
  'own/subscription_check_filters': `
    a request that names too little, or not by text, is refused in the real server’s words
    a table alone is one of the schema public
    a filter that can’t be read says which part
    a filter or selection on what the role may not read, or on no column, is refused
    a selection is a list of names, and of one table
    a filter must fit its column’s type`,
  'own/realtime.send and replay': `
    payloads that carry the same id are as many messages, each under an id of its own
    what is no object is not sent, and the caller’s transaction goes on
    a row without event or payload is kept and not sent
    one id in two rows is two messages, each sent once
    a message that came with the replay does not come again, by whichever way`,
  'own/rates': `
    deliveries count, and who hears pays, not who speaks
    broadcasts of the database count, and are lost while there are too many
    each diff at each receiver counts as presence, and too much of it costs who tracks
    row changes over the rate are skipped without a word, each subscription counted`,
};
