@rem "exec" is a word of Unix shells: package.json says it so that a signal to npm reaches the program. Here, just run it.
@%*
