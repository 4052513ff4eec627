-- After an import: what became of its windows takes memory no longer.

DROP TABLE fates;
