"""用·工资: the month's pay from the roster to the sealed run, its explanation and its workbook."""
